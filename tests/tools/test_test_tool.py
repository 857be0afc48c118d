"""tools/test.py; and train then test as a user starts them, each in a process of its own."""
import json
import os
import pickle
import subprocess
import sys

import cv2
import pytest

from tiny_run import ROOT, run_tool, tiny_config, train

MODES = ('direct', 'flip_corrected', 'flip_aware')
BASELINES = ('mean_pose', 'box_mean_pose', 'nearest_prior')


def test_train_then_test(tmp_path):
    config, work, shown = tmp_path / 'tiny.py', tmp_path / 'work', tmp_path / 'shown'
    tiny_config(tmp_path, 1, 2, validate=True, default_hooks__checkpoint__interval=2).dump(config)

    def tool(script, *arguments):
        environment = dict(os.environ, OMP_NUM_THREADS='1', PYTHONPATH=str(ROOT))
        done = subprocess.run([sys.executable, str(ROOT / 'tools' / script), str(config),
                               *map(str, arguments)], cwd=tmp_path, env=environment, text=True,
                              capture_output=True, timeout=300, check=False)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-5000:]
        return done.stdout + done.stderr

    said = tool('train.py', '--work-dir', work, '--cfg-options', 'log_level=INFO')
    assert 'stage 1/2 prior' in said and 'stage 2/2 gan' in said
    said = tool('test.py', work / 'last_checkpoint', '--work-dir', work, '--show-dir', shown,
                '--out', work / 'metrics.json', '--cfg-options', 'log_level=INFO')
    # The table, and where the pictures are.
    for row in (*MODES, *BASELINES, 'left_wrist', str(shown / 'sheet.png')):
        assert row in said

    metrics = json.loads((work / 'metrics.json').read_text())
    assert {f'keypoint_distance/{name}' for name in (*MODES, *BASELINES)} <= set(metrics)
    assert all(0 < metrics[f'keypoint_distance/{name}'] < 100 for name in (*MODES, *BASELINES))
    assert metrics['keypoint_distance/flip_aware'] <= metrics['keypoint_distance/direct']
    tables = json.loads((work / 'keypoint_distance.json').read_text())
    assert tables['num_images'] == 4
    sheet = cv2.imread(str(shown / 'sheet.png'))
    assert sheet is not None and sheet.std() > 10


@pytest.fixture
def trained(tmp_path):
    """A configuration file and a checkpoint of it."""
    cfg = tiny_config(tmp_path / 'work', 0, 1, validate=True)
    train(cfg)
    cfg.dump(tmp_path / 'tiny.py')
    return tmp_path / 'tiny.py', tmp_path / 'work/iter_1.pth'


def test_dump_and_options(trained, tmp_path, monkeypatch):
    run_tool(monkeypatch, 'test.py', *trained, '--work-dir', tmp_path / 'tested', '--dump',
             tmp_path / 'predictions.pkl', options=['test_dataloader.dataset.num_clips=1'])
    with open(tmp_path / 'predictions.pkl', 'rb') as file:
        predictions = pickle.load(file)
    assert len(predictions) == 2  # one clip of two frames
    assert predictions[0]['pred_instances']['keypoints'].shape == (1, 17, 2)
    tables = json.loads((tmp_path / 'tested/keypoint_distance.json').read_text())
    assert tables['num_images'] == 2


def test_says_the_same_twice(trained, tmp_path, monkeypatch):
    for name in ('first', 'second'):
        run_tool(monkeypatch, 'test.py', *trained, '--work-dir', tmp_path / name, '--out',
                 tmp_path / f'{name}.json')
    first, second = (json.loads((tmp_path / f'{name}.json').read_text())
                     for name in ('first', 'second'))
    assert first == second


def test_a_config_without_a_test_set_is_refused(trained, tmp_path, monkeypatch):
    cfg = tiny_config(tmp_path)
    cfg.test_dataloader = cfg.test_evaluator = cfg.test_cfg = None
    cfg.dump(tmp_path / 'unlabelled.py')
    with pytest.raises(SystemExit, match='has no test set'):
        run_tool(monkeypatch, 'test.py', tmp_path / 'unlabelled.py', trained[1])


def test_a_missing_checkpoint_is_named(trained, tmp_path, monkeypatch):
    with pytest.raises(SystemExit, match='absent.pth'):
        run_tool(monkeypatch, 'test.py', trained[0], tmp_path / 'absent.pth', '--work-dir',
                 tmp_path / 'tested')
