"""Steps of stage two: ours beside the reference step, on the same networks, sizes and batch."""
from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.dataset import default_collate
from mmengine.optim import build_optim_wrapper
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS, MODELS

from ikp_mm.deploy.quiet import quiet
from ikp_mm.models.pose_estimators.keypoint_gan import KeypointGAN

from .reference_step import ReferenceStep
from .timing import alternate

CONFIGS = Path(__file__).resolve().parents[1] / 'configs'
# What the release has not: a step without these is the recipe that the reference step takes.
RELEASED = dict(equivariance=None, head_augment=None, consistency_weight=0.0, foreground_gain=0.0)
BFLOAT16 = {f'optim_wrapper.{name}.type': 'AllReduceBFloat16OptimWrapper'
            for name in ('translator', 'discriminator', 'head')}


@dataclass
class Case:
    """A model that can take steps, its optimizers, and one batch of its own data."""
    cfg: Config
    model: KeypointGAN
    optim_wrapper: object
    batch: dict

    def step(self) -> None:
        """One iteration of stage two."""
        self.model.train_step(dict(self.batch, stage='gan'), self.optim_wrapper)

    def reference(self) -> ReferenceStep:
        """The reference step on these very networks."""
        rates = {name: entry['optimizer']['lr'] for name, entry in self.cfg.optim_wrapper.items()
                 if isinstance(entry, dict)}
        return ReferenceStep(self.model, rates)


def build_case(config: Path | str, batch_size: int, device: str = 'cpu',
               options: dict | None = None) -> Case:
    """A model, its optimizers and a batch, from a training config without what the release lacks.

    Args:
        config: path of the config.
        batch_size: frame pairs, and prior poses.
        device: where the model goes; batches stay on the CPU, as a loader makes them.
        options: overrides by dotted key, as of ``--cfg-options``.
    """
    cfg = Config.fromfile(config)
    cfg.merge_from_dict(options or {})
    cfg.model.update(copy.deepcopy(RELEASED))
    init_default_scope(cfg.get('default_scope', 'mmpose'))
    torch.manual_seed(0)
    model = MODELS.build(cfg.model)
    with quiet():  # a line for each weight
        model.init_weights()
    model.to(device).train()
    batch = {}
    for name, loader in (('pairs', cfg.train_dataloader), ('prior', cfg.prior_dataloader)):
        dataset = DATASETS.build(loader.dataset)
        dataset.set_seed(0)
        batch[name] = default_collate([dataset[draw] for draw in range(batch_size)])
    return Case(cfg, model, build_optim_wrapper(model, cfg.optim_wrapper), batch)


def measure_steps(device: str) -> list[dict]:
    """Ours, ours in bfloat16 and the reference step, on both sizes of network.

    A GPU takes the released batch of 16 at both sizes; on a CPU bfloat16 is timed at the smaller.
    """
    ours = {'ours': {}}
    both = ours | {'ours, bfloat16': BFLOAT16}
    on_cpu = device == 'cpu'
    return [*measure_step(CONFIGS / 'ikp_synthetic_without_figures.py', 16, both, 30.0, device),
            *measure_step(CONFIGS / 'ikp_synthetic_128.py', 4 if on_cpu else 16,
                          ours if on_cpu else both, 60.0, device)]


def measure_step(config: Path | str, batch_size: int, variants: dict[str, dict], seconds: float,
                 device: str = 'cpu') -> list[dict]:
    """Our step, and variants of it, beside the reference step.

    Args:
        config: path of the config.
        batch_size: of both.
        variants: name -> ``options`` of :func:`build_case`.
        seconds: time for all of them together.
        device: where they run.

    Returns:
        list[dict]: ``networks``, ``batch``, ``step``, what ``alternate`` says, ``times as fast``
        as the reference.
    """
    plain = build_case(config, batch_size, device, {'model.channels_last': False})
    reference = plain.reference()
    candidates = {'reference': lambda: reference(plain.batch)}
    for name, options in variants.items():
        candidates[name] = build_case(config, batch_size, device, options).step
    timings = alternate(candidates, seconds, device, warmup=2, min_rounds=5)
    return [{'networks': Path(config).name, 'batch': batch_size, 'step': name, **timing,
             'times as fast': timings['reference']['ms'] / timing['ms']}
            for name, timing in timings.items()]
