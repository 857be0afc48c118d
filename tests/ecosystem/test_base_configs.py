"""Configurations that inherit from MMPose's own: ``_base_ = ['mmpose::...']``."""
import pytest
import torch
from mmengine.config import Config

from tiny_run import build_runner, load, tiny_config

IMPORTS = "custom_imports = dict(imports=['ikp_mm'], allow_failed_imports=False)\n"
# What default_runtime.py settles, of MMPose or of ours.
RUNTIME = ('default_hooks', 'log_processor', 'visualizer', 'vis_backends', 'env_cfg',
           'custom_imports', 'default_scope', 'custom_hooks', 'model_wrapper_cfg', 'log_level',
           'load_from', 'resume')


def read(tmp_path, base: str, body: str = '') -> Config:
    path = tmp_path / 'own.py'
    path.write_text(f"_base_ = ['mmpose::{base}']\n{IMPORTS}{body}")
    cfg = Config.fromfile(path, format_python_code=False)
    cfg.work_dir, cfg.log_level = str(tmp_path / 'work'), 'WARNING'
    return cfg


def test_keypoint_gan_on_mmposes_runtime(tmp_path):
    """MMPose's hooks, logger and visualizer; the iteration's numbers are those of our runtime."""
    ours = tiny_config(tmp_path / 'ours', 1, 2)
    cfg = read(tmp_path, '_base_/default_runtime.py', 'custom_hooks = []\n')
    for key, value in ours.to_dict().items():
        if key not in RUNTIME and key != 'work_dir':
            cfg[key] = value
    assert cfg.default_hooks.visualization.type == 'PoseVisualizationHook'
    cfg.default_hooks.checkpoint.update(by_epoch=False, interval=2)
    # Without it torch >= 2.6 refuses to resume: docs/export.md.
    cfg.default_hooks.training_state = dict(type='TrainingStateHook')
    weights = {}
    for name, config in (('mmpose', cfg), ('ours', ours)):
        runner = build_runner(config)
        runner.train()
        weights[name] = load(f'{config.work_dir}/iter_2.pth')['state_dict']
    # Ours keeps a mean of the weights beside them: KeypointEMAHook.
    same = [key for key in weights['mmpose'] if key.startswith('discriminator.')]
    assert same and all(torch.equal(weights['mmpose'][key], weights['ours'][key])
                        for key in same)


TRAINED_WITH_LABELS = '''
codec = dict(type='RegressionLabel', input_size=(32, 32))
model = dict(
    backbone=dict(_delete_=True, type='SkeletonUNet', image_size=32, skeleton_size=16,
                  base_channels=4, num_levels=3),
    neck=None,
    head=dict(_delete_=True, type='SkeletonHead', skeleton='h36m17', skeleton_size=16,
              heatmap_size=4, base_channels=4, decoder=codec),
    test_cfg=dict(flip_test=False))
pipeline = [
    dict(type='LoadImage'),
    dict(type='GetBBoxCenterScale', padding=1.0),
    dict(type='TopdownAffine', input_size=codec['input_size']),
    dict(type='GenerateTarget', encoder=codec),
    dict(type='PackPoseInputs')]
frames = dict(_delete_=True, type='SyntheticPeopleDataset', num_clips=2, frames_per_clip=2,
              image_size=32, pipeline=pipeline)
train_dataloader = dict(batch_size=2, num_workers=0, persistent_workers=False,
                        dataset=dict(frames, split='train'))
val_dataloader = test_dataloader = dict(
    batch_size=2, num_workers=0, persistent_workers=False, dataset=dict(frames, split='val'))
val_evaluator = test_evaluator = dict(
    _delete_=True, type='KeypointDistanceMetric', modes=['direct'])
train_cfg = dict(max_epochs=1, val_interval=1)
default_hooks = dict(checkpoint=dict(save_best=None))
'''


def test_our_parts_in_mmposes_regression_config(tmp_path):
    """Its estimator, optimizer, schedule and loops; our backbone, head, data set and metric."""
    cfg = read(tmp_path, 'body_2d_keypoint/topdown_regression/coco/'
               'td-reg_res50_8xb64-210e_coco-256x192.py', TRAINED_WITH_LABELS)
    assert cfg.model.type == 'TopdownPoseEstimator' and cfg.optim_wrapper.optimizer.type == 'Adam'
    runner = build_runner(cfg)
    before = runner.model.head.encoder.project.weight.detach().clone()
    runner.train()
    assert runner.iter == 2  # four frames, batches of two
    assert not torch.equal(runner.model.head.encoder.project.weight, before)
    error = runner.message_hub.get_scalar('val/keypoint_distance/direct').current()
    assert 0 < error < 100
    assert runner.message_hub.get_scalar('train/loss').current() == pytest.approx(
        runner.message_hub.get_scalar('train/loss_kpt').current())
