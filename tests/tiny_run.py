"""A KeypointGAN run that takes about a second: ``configs/ikp_synthetic.py`` with tiny sizes."""
from __future__ import annotations

import copy
import itertools
import runpy
import sys
from collections.abc import Sequence
from pathlib import Path

import mmengine
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner

ROOT = Path(__file__).resolve().parents[1]
IMAGE, SKELETON, BATCH, POOL = 32, 16, 2, 3

# MMEngine keeps message hubs, loggers and visualizers by name, and names them by the second.
_numbers = itertools.count()


def tiny_config(work_dir, pretrain_iters: int = 2, max_iters: int = 4, validate: bool = False,
                **options) -> Config:
    """The shipped configuration with 32 px images, 16 px skeletons, batches of 2, 3 clips.

    Draws are augmented and the prior's rotation is a ramp, so that a wrong draw number shows.

    Args:
        validate: keep the validation, after every second iteration; without it there is no
            ``save_best``.
        options: further overrides, ``a.b`` written ``a__b``.
    """
    # Unformatted: yapf takes half a second each time a checkpoint stores the configuration.
    cfg = Config(Config.fromfile(ROOT / 'configs/ikp_synthetic.py').to_dict(),
                 format_python_code=False)
    shrink_model(cfg.model)
    clips = dict(num_clips=3, frames_per_clip=4, image_size=IMAGE)
    augment = dict(flip=0.5, rotate_deg=10.0, shift=0.05)
    pairs = cfg.train_dataloader.dataset
    pairs.update(image_size=IMAGE, gap=(1, 3), augment=augment, appearance_warp=dict(strength=0.05))
    pairs.clips.update(clips)
    cfg.train_dataloader.batch_size = BATCH
    prior = cfg.train_cfg.prior_dataloader
    prior.batch_size = BATCH
    prior.dataset.poses.num_poses = 40
    cfg.train_cfg.prior_dataloader.dataset.jitter = dict(
        flip=0.5, rotate_deg=dict(start=0.0, end=40.0, begin=0, until=40))
    cfg.train_cfg.update(pretrain_iters=pretrain_iters, warm_up_iters=0, max_iters=max_iters,
                         val_interval=2, val_begin=1)
    # What the demo's recipe adds is up to each test.
    for part, key in ((cfg, 'param_scheduler'), (cfg.model, 'equivariance'),
                      (cfg.model, 'head_augment')):
        part.pop(key, None)
    cfg.model.pool_size = POOL
    cfg.default_hooks.logger.interval = 1
    cfg.default_hooks.checkpoint.update(interval=1, max_keep_ckpts=-1)
    _shrink_validation(cfg, clips)
    if not validate:
        cfg.val_cfg = cfg.val_dataloader = cfg.val_evaluator = None
        cfg.default_hooks.checkpoint.pop('save_best')
    cfg.work_dir = str(work_dir)
    cfg.log_level = 'WARNING'
    cfg.merge_from_dict({key.replace('__', '.'): value for key, value in options.items()})
    return cfg


def shrink_model(model) -> None:
    """Networks of 32 px images and 16 px skeletons, as narrow as can be."""
    model.backbone.update(image_size=IMAGE, skeleton_size=SKELETON, base_channels=4, num_levels=3)
    model.head.update(skeleton_size=SKELETON, heatmap_size=4, base_channels=4)
    model.head.decoder.input_size = (IMAGE, IMAGE)
    model.generator.update(image_size=IMAGE, skeleton_size=SKELETON, feature_size=8,
                           base_channels=4)
    model.discriminator.update(skeleton_size=SKELETON, base_channels=4, num_strided=(2, 1))
    model.loss_reconstruction.channels = (4, 8)


def _shrink_validation(cfg: Config, clips: dict) -> None:
    for dataloader in (cfg.val_dataloader, cfg.test_dataloader):
        dataloader.batch_size = BATCH
        dataloader.dataset.update(num_clips=2, frames_per_clip=2, image_size=IMAGE)
        for step in dataloader.dataset.pipeline:
            if step.type == 'AreaTopdownAffine':
                step.input_size = (IMAGE, IMAGE)
    for evaluator in (cfg.val_evaluator, cfg.test_evaluator):
        for metric in evaluator:
            if 'prior' in metric:
                metric.prior.poses.num_poses = 40
    cfg.val_cfg.pairs_evaluator.prior.poses.num_poses = 40
    loader = cfg.val_cfg.pairs_dataloader
    loader.update(batch_size=4, num_batch_per_epoch=2)
    sheet = next(hook for hook in cfg.custom_hooks if hook.type == 'PredictionSheetHook')
    sheet.num_rows = 2
    for pairs in (loader.dataset, sheet.pairs):
        pairs.update(image_size=IMAGE, gap=(1, 3))
        pairs.clips.update(clips)


def build_runner(cfg: Config) -> Runner:
    """A Runner that shares no message hub, logger or visualizer with another of this process."""
    cfg = copy.deepcopy(cfg)
    cfg.experiment_name = f'tiny_{next(_numbers)}'
    cfg.visualizer.name = cfg.experiment_name
    return Runner.from_cfg(cfg)


def train(cfg: Config) -> Runner:
    """Run the training of ``cfg``."""
    runner = build_runner(cfg)
    runner.train()
    return runner


def run_tool(monkeypatch, script: str, *arguments, options: Sequence[str] = ()) -> None:
    """``tools/<script>`` in this process, with ``arguments`` and ``--cfg-options options``."""
    name = f'tiny_{next(_numbers)}'
    # Unformatted, see tiny_config.
    monkeypatch.setattr(mmengine.config.config, 'FormatCode', lambda text, **_: (text, True))
    names = [f'experiment_name={name}', f'visualizer.name={name}']
    monkeypatch.setattr(sys, 'argv', [script, *map(str, arguments), '--cfg-options', *names,
                                      *options])
    runpy.run_path(str(ROOT / 'tools' / script), run_name='__main__')


class Interrupted(Exception):
    """What :class:`InterruptHook` raises."""


class InterruptHook(Hook):
    """Dies in the middle of a run, as a killed process would: after ``iterations`` iterations."""

    priority = 'LOWEST'

    def __init__(self, iterations: int) -> None:
        self.iterations = iterations

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None) -> None:
        if runner.iter + 1 == self.iterations:
            raise Interrupted


def train_interrupted(cfg: Config, iterations: int) -> Runner:
    """Run the training of ``cfg`` and die after that many iterations."""
    runner = build_runner(cfg)
    runner.register_hook(InterruptHook(iterations))
    try:
        runner.train()
    except Interrupted:
        return runner
    raise AssertionError(f'the run ended before its iteration {iterations}')


def load(path) -> dict:
    """A checkpoint, read as safely as can be."""
    return torch.load(path, map_location='cpu', weights_only=True)


def assert_identical(first, second, where: str = 'state') -> None:
    """Nested dicts and lists of tensors and plain values, equal bit for bit.

    Raises:
        AssertionError: naming the first entry that differs.
    """
    assert type(first) is type(second), f'{where}: {type(first)} and {type(second)}'
    if isinstance(first, dict):
        assert list(first) == list(second), f'{where}: keys {list(first)} and {list(second)}'
        for key in first:
            assert_identical(first[key], second[key], f'{where}[{key!r}]')
    elif isinstance(first, (list, tuple)):
        assert len(first) == len(second), f'{where}: length {len(first)} and {len(second)}'
        for index, (a, b) in enumerate(zip(first, second)):
            assert_identical(a, b, f'{where}[{index}]')
    elif isinstance(first, torch.Tensor):
        assert first.dtype == second.dtype and first.shape == second.shape, \
            f'{where}: {first.dtype} {first.shape} and {second.dtype} {second.shape}'
        # Not assert torch.equal(...): pytest would print both tensors.
        different = int((first != second).sum())
        assert not different, f'{where}: {different} of {first.numel()} numbers differ'
    else:
        assert first == second, f'{where}: {first!r} and {second!r}'


def training_state(checkpoint: dict) -> dict:
    """All of a checkpoint that goes on into training, without what a clock or allocator decides."""
    kept = {key: value for key, value in checkpoint.items() if key not in ('meta', 'message_hub')}
    kept['scalars'] = {
        name: history for name, history in checkpoint['message_hub']['log_scalars'].items()
        if name.startswith('train/') and not name.endswith(('time', 'memory'))}
    kept['position'] = [checkpoint['meta'][key] for key in ('iter', 'epoch', 'seed')]
    return kept
