"""Steps of stage two: ours beside the reference step, on the same networks, sizes and batch."""
from __future__ import annotations

from functools import partial
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.dataset import default_collate
from mmengine.optim import OptimWrapperDict, build_optim_wrapper
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS, MODELS

from ikp_mm.deploy.quiet import quiet
from ikp_mm.models.pose_estimators.keypoint_gan import KeypointGAN

from .reference_step import ReferenceStep
from .timing import alternate

CONFIGS = Path(__file__).resolve().parents[1] / 'configs'
# What the release has not: a step without these is the recipe that the reference step takes.
RELEASED = dict(equivariance=None, head_augment=None, consistency_weight=0.0, foreground_gain=0.0)
PLAIN = {'model.channels_last': False}
OURS = {'ours': {}}
BFLOAT16 = {'ours, bfloat16': {f'optim_wrapper.{name}.type': 'AllReduceBFloat16OptimWrapper'
                               for name in ('translator', 'discriminator', 'head')}}


def build_case(config: Path, batch_size: int, device: str, options: dict
               ) -> tuple[KeypointGAN, OptimWrapperDict, dict]:
    """A model, its optimizers and a batch, from a training config without what the release lacks.

    Args:
        batch_size: frame pairs, and prior poses.
        device: where the model goes; batches stay on the CPU, as a loader makes them.
        options: overrides by dotted key, as of ``--cfg-options``.
    """
    cfg = Config.fromfile(config)
    cfg.merge_from_dict(options)
    cfg.model.update(RELEASED)
    init_default_scope('mmpose')
    torch.manual_seed(0)
    model = MODELS.build(cfg.model)
    with quiet():  # a line for each weight
        model.init_weights()
    model.to(device).train()
    batch = dict(stage='gan')
    for name, loader in (('pairs', cfg.train_dataloader), ('prior', cfg.prior_dataloader)):
        dataset = DATASETS.build(loader.dataset)
        dataset.set_seed(0)
        batch[name] = default_collate([dataset[draw] for draw in range(batch_size)])
    return model, build_optim_wrapper(model, cfg.optim_wrapper), batch


def measure_steps(device: str) -> list[dict]:
    """Ours, ours in bfloat16 and the reference step, on both sizes of network.

    A GPU takes the released batch of 16 at both sizes; on a CPU bfloat16 is timed at the smaller.
    """
    small, large = CONFIGS / 'ikp_synthetic_without_figures.py', CONFIGS / 'ikp_synthetic_128.py'
    at_large = (4, OURS) if device == 'cpu' else (16, OURS | BFLOAT16)
    return [*measure_step(small, 16, OURS | BFLOAT16, 30.0, device),
            *measure_step(large, *at_large, 60.0, device)]


def measure_step(config: Path, batch_size: int, variants: dict[str, dict], seconds: float,
                 device: str) -> list[dict]:
    """Our step, and variants of it, beside the reference step.

    Args:
        variants: name -> ``options`` of :func:`build_case`, whose the other arguments are.
        seconds: for all of them together.

    Returns:
        list[dict]: ``networks``, ``batch``, ``step``, what ``alternate`` says.
    """
    model, optimizers, batch = build_case(config, batch_size, device, PLAIN)
    calls = {'reference': partial(ReferenceStep(model, optimizers), batch)}
    for name, options in variants.items():
        model, optimizers, batch = build_case(config, batch_size, device, options)
        calls[name] = partial(model.train_step, batch, optimizers)
    return [{'networks': config.name, 'batch': batch_size, 'step': name, **timing}
            for name, timing in alternate(calls, seconds, device).items()]
