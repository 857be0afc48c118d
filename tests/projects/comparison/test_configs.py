"""Every yardstick's configuration: it parses, builds, trains two steps, validates, regresses."""
import json
from argparse import ArgumentParser

import numpy as np
import pytest
import torch
from mmengine.config import Config, DictAction
from mmengine.structures import InstanceData
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample
from tiny_run import ROOT, build_runner, load, run_tool

CONFIGS = sorted((ROOT / 'projects/comparison/configs').glob('*.py'))
DRAWN = [path for path in CONFIGS if 'synthetic' in path.stem]
NAMED = ('supervised', 'hourglass', 'wing')


def method(path):
    """What it is: 'imm' of imm_synthetic_people.py."""
    return path.stem.split('_')[0]


@pytest.fixture(params=CONFIGS, ids=lambda path: path.stem)
def path(request):
    return request.param


def test_each_yardstick_has_a_config():
    everywhere = {'hourglass', 'imm', 'lorenz2019', 'supervised', 'thewlis2017', 'zhang2018'}
    more = everywhere | {'thewlis2019'}
    for data, methods in dict(pushups=everywhere, synthetic=more,
                              faces=more | {'wiles2018', 'wing'}).items():
        assert {method(path) for path in CONFIGS if data in path.stem} == methods


def test_labels_are_where_they_may_be(path):
    cfg = Config.fromfile(path)
    named = method(path) in NAMED
    dataset = cfg.train_dataloader.dataset
    # Unnamed points learn from frame pairs, which hold no label; named ones from labelled frames
    # of the training clips.
    assert dataset.type.endswith('Dataset') and (dataset.type == 'FramePairDataset') != named
    split = 'split' if 'synthetic' in path.stem else 'ann_file'
    training, test = (('train', 'test') if split == 'split' else
                      ('train.npz', 'lfpw_test.npz' if 'faces' in path.stem else 'test.npz'))
    assert named == (dataset.get(split) == training)
    # Regression is fitted on training images and scored on the test's.
    assert cfg.test_dataloader.dataset[split] == test
    if not named or 'synthetic' in path.stem:
        assert cfg.regression_dataloader.dataset[split] == training
        assert cfg.regression_dataloader.dataset.pipeline == cfg.test_dataloader.dataset.pipeline
    # No label chooses a checkpoint.
    assert 'save_best' not in cfg.default_hooks.checkpoint
    for metric in cfg.test_evaluator:
        assert metric.type == ('KeypointDistanceMetric' if named else 'RegressedDistanceMetric')
        assert not named or tuple(metric.modes) == ('direct', 'flip_aware')


def test_sizes_and_schedules_agree(path):
    cfg = Config.fromfile(path)
    assert cfg.train_cfg.max_iters % cfg.train_cfg.val_interval == 0
    scheduler, = cfg.param_scheduler
    assert scheduler.end == cfg.train_cfg.max_iters
    assert scheduler.begin + scheduler.T_max == scheduler.end and scheduler.by_epoch is False
    assert cfg.model.head.decoder == cfg.codec
    model = MODELS.build(cfg.model)
    joints = 68 if 'faces' in path.stem else 17
    if method(path) == 'hourglass':
        assert model.head.out_channels == joints
    elif method(path) == 'supervised':
        assert model.head.skeleton.num_joints == joints
    elif method(path) == 'wing':
        assert model.head.num_joints == joints
    else:
        assert model.head.num_points == cfg.num_points
        # Fewer points than images to fit on.
        assert 2 * cfg.num_points + 1 <= cfg.val_evaluator[0].n_regress


def shrink(value):
    """Batches of 2, few and short clips, a small prior, a map fitted on 62 images."""
    if isinstance(value, (list, tuple)):
        for item in value:
            shrink(item)
    if not isinstance(value, dict):
        return
    if 'num_clips' in value:
        value.update(num_clips=16 if 'pipeline' in value else 2, frames_per_clip=4)
    if 'num_poses' in value:
        value['num_poses'] = 40
    if value.get('n_regress') is not None:
        value['n_regress'] = 62
    if 'batch_size' in value:
        value['batch_size'] = 2 if value['batch_size'] == 16 else 32
    for item in value.values():
        shrink(item)


@pytest.mark.parametrize('path', DRAWN, ids=lambda path: path.stem)
def test_steps_validates_and_regresses(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cfg = Config(Config.fromfile(path).to_dict(), format_python_code=False)
    shrink(cfg._cfg_dict)
    cfg.train_cfg.update(max_iters=2, val_interval=2)
    cfg.work_dir, cfg.log_level = str(tmp_path / 'work'), 'WARNING'
    runner = build_runner(cfg)
    runner.train()
    assert load(tmp_path / 'work/iter_2.pth')['meta']['iter'] == 2
    scalars = runner.message_hub.log_scalars
    mode = 'direct' if method(path) in NAMED else 'regressed'
    for key in ('train/loss', f'val/keypoint_distance/{mode}'):
        assert np.isfinite(scalars[key].data[0]).all(), key

    cfg.dump(tmp_path / 'shrunk.py')
    run_tool(monkeypatch, '../projects/comparison/regress.py', tmp_path / 'shrunk.py',
             tmp_path / 'work/last_checkpoint', '--labelled', '10', 'all', '--out',
             tmp_path / 'regressed.json')
    result = json.loads((tmp_path / 'regressed.json').read_text())
    assert [row['n'] for row in result['rows']] == [10, 64]
    assert all(0 < row['error'] < 1000 and row['unit'] == 'percent of the image side'
               for row in result['rows'])
    assert not result['rows'][0]['determined']
    assert result['also'] == {}


def test_wing_loss_as_the_docs_say():
    """The ``--cfg-options`` of the README turn the supervised baseline's L1 into Wing."""
    docs = (ROOT / 'projects/comparison/README.md').read_text()
    options = [word for word in docs.split() if word.startswith('model.head.loss.')]
    cfg = Config.fromfile(ROOT / 'projects/comparison/configs/supervised_synthetic_people.py')
    parsed = ArgumentParser()
    parsed.add_argument('--cfg-options', nargs='+', action=DictAction)
    cfg.merge_from_dict(parsed.parse_args(['--cfg-options', *options]).cfg_options)
    model = MODELS.build(cfg.model)
    assert type(model.head.loss_module).__name__ == 'WingLoss'
    sample = PoseDataSample()
    sample.gt_instance_labels = InstanceData(keypoint_labels=torch.rand(1, 17, 2),
                                             keypoint_weights=torch.ones(1, 17))
    model.loss(torch.randn(1, 3, 64, 64), [sample])['loss_kpt'].backward()
    assert model.backbone.encoder[0][0].conv.weight.grad.abs().sum() > 0
