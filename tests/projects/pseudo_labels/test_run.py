"""projects/pseudo_labels: MMPose's own tools train and test a stock model on our labels."""
import importlib.util
import json
import runpy
import sys
from pathlib import Path

import mmengine
import pytest
from mmengine.config import Config
from mmpose.datasets.datasets.utils import parse_pose_metainfo

from ikp_mm.inference.synthetic_files import write_synthetic
from ikp_mm.skeletons import H36M17

from tiny_run import ROOT

PROJECT = ROOT / 'projects/pseudo_labels'
TOOLS = Path(importlib.util.find_spec('mmpose').submodule_search_locations[0]) / '.mim/tools'


def script(monkeypatch, path, *arguments):
    # Unformatted: yapf takes half a second each time a configuration is dumped.
    monkeypatch.setattr(mmengine.config.config, 'FormatCode', lambda text, **_: (text, True))
    monkeypatch.setattr(sys, 'argv', [str(path), *map(str, arguments)])
    runpy.run_path(str(path), run_name='__main__')


def test_mmposes_joints_are_ours():
    cfg = Config.fromfile(PROJECT / 'rtmpose_tiny_people.py')
    meta = parse_pose_metainfo(cfg.train_dataloader.dataset.metainfo)
    assert tuple(meta['keypoint_id2name'][k] for k in range(17)) == H36M17.joints
    assert meta['flip_indices'] == H36M17.swap_indices
    # The map that the head is built for: without its last stage the backbone's stride is 16.
    assert [side // 16 for side in cfg.input_size] == list(cfg.model.head.in_featuremap_size)


def test_stock_tools(tmp_path, monkeypatch):
    write_synthetic(tmp_path / 'train', 'train', 2, 2, 64, say=lambda line: None)
    config, work = PROJECT / 'rtmpose_tiny_people.py', tmp_path / 'work'
    options = ['test_dataloader.dataset.num_clips=1', 'test_dataloader.dataset.frames_per_clip=2',
               'experiment_name=stock', 'visualizer.name=stock']
    script(monkeypatch, TOOLS / 'train.py', config, '--work-dir', work, '--cfg-options', *options,
           'train_dataloader.batch_size=2', 'train_cfg.max_iters=1',
           f'train_dataloader.dataset.data_root={tmp_path}/',
           'train_dataloader.dataset.ann_file=train/truth.json',
           'default_hooks.checkpoint.interval=1')
    script(monkeypatch, TOOLS / 'test.py', config, work / 'iter_1.pth', '--work-dir', work,
           '--cfg-options', *options, f'test_evaluator.0.out_file={work}/distance.json')
    assert json.loads((work / 'distance.json').read_text())['num_images'] == 2


def labels(path, keypoints, scores):
    path.write_text(json.dumps(dict(
        images=[dict(id=1, file_name='a.png', width=100, height=50)],
        annotations=[dict(image_id=1, keypoints=keypoints, keypoint_scores=scores)])))
    return path


def test_label_error_by_hand(tmp_path, monkeypatch, capsys):
    truth = labels(tmp_path / 'truth.json', [10, 10, 2, 20, 20, 2, 30, 30, 2, 0, 0, 0], [1] * 4)
    # Off by 5 px (sure), by 10 px (unsure), not labelled, without a truth: of 100 px.
    found = labels(tmp_path / 'found.json', [13, 14, 2, 30, 20, 2, 0, 0, 0, 9, 9, 2],
                   [.9, .2, .1, .9])
    script(monkeypatch, PROJECT / 'label_error.py', truth, found, '--min-scores', 0, 0.5)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith('score >= 0: 100.0 % of 2 joints, error 7.50 % of the side')
    assert lines[1].endswith('score >= 0.5: 50.0 % of 2 joints, error 5.00 % of the side, '
                             'dropped joints 10.00')


def test_summary(tmp_path, monkeypatch, capsys):
    for number, name in enumerate(('teacher', 'student_labels_all', 'student_labels_sure',
                                   'student_truth')):
        folder = tmp_path / name / '20260101_000000'
        folder.mkdir(parents=True)
        (folder / '20260101_000000.json').write_text(json.dumps(
            {'keypoint_distance/direct': 1.5 + number, 'mmpose/PCK': 0.5}))
    script(monkeypatch, PROJECT / 'summary.py', tmp_path)
    lines = capsys.readouterr().out.splitlines()
    assert lines[2] == '| teacher | 1.50 | 0.5000 | – | – |' and lines[5].startswith(
        '| student, true labels | 4.50 |')
    (tmp_path / 'teacher/20260101_000000/20260101_000000.json').unlink()
    with pytest.raises(SystemExit, match='teacher holds no test result'):
        script(monkeypatch, PROJECT / 'summary.py', tmp_path)
