"""Steps of stage two: ours beside the reference step, on the same networks, sizes and batch."""
from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.dataset import default_collate
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS, MODELS, OPTIM_WRAPPER_CONSTRUCTORS

from ikp_mm.deploy.quiet import quiet
from ikp_mm.models.pose_estimators.keypoint_gan import KeypointGAN

from .reference_step import ReferenceStep
from .timing import alternate

ROOT = Path(__file__).resolve().parents[1]
CPU_SIZE, REFERENCE_SIZE = (str(ROOT / 'configs' / name) for name in
                            ('ikp_synthetic_without_figures.py', 'ikp_synthetic_128.py'))
# What the release has not: a step without these is the recipe that the reference step takes.
RELEASED = dict(equivariance=None, head_augment=None, consistency_weight=0.0, foreground_gain=0.0)


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


def build_case(config: str, batch_size: int, device: str = 'cpu',
               options: dict | None = None) -> Case:
    """A model, its optimizers and a batch, from a training config without what the release lacks.

    Args:
        config: path of the config.
        batch_size: frame pairs, and prior poses.
        device: where the model goes; batches stay on the CPU, as a loader makes them.
        options: overrides by dotted key, as of ``--cfg-options``; ``optim_wrapper_type`` is the
            type of each of the three optimizer wrappers.
    """
    cfg = Config.fromfile(config)
    options = dict(options or {})
    wrapper = options.pop('optim_wrapper_type', None)
    cfg.merge_from_dict(options)
    cfg.model.update(copy.deepcopy(RELEASED))
    init_default_scope(cfg.get('default_scope', 'mmpose'))
    torch.manual_seed(0)
    model = MODELS.build(cfg.model)
    with quiet():  # a line for each weight
        model.init_weights()
    model.to(device).train()
    constructor = OPTIM_WRAPPER_CONSTRUCTORS.get(cfg.optim_wrapper.constructor)
    entries = {key: entry for key, entry in cfg.optim_wrapper.items() if key != 'constructor'}
    if wrapper is not None:
        entries = {key: dict(entry, type=wrapper) for key, entry in entries.items()}
    pairs = DATASETS.build(cfg.train_dataloader.dataset)
    prior = DATASETS.build(cfg.prior_dataloader.dataset)
    for dataset in (pairs, prior):
        dataset.set_seed(0)
    batch = {name: default_collate([dataset[draw] for draw in range(batch_size)])
             for name, dataset in (('pairs', pairs), ('prior', prior))}
    return Case(cfg, model, constructor(entries)(model), batch)


def measure_steps(device: str) -> list[dict]:
    """Ours, ours in bfloat16 and the reference step, on both sizes of network.

    A GPU takes the released batch of 16 at both sizes; on a CPU bfloat16 is timed at the smaller.
    """
    ours = {'ours': {}}
    bfloat16 = {'ours, bfloat16': {'optim_wrapper_type': 'AllReduceBFloat16OptimWrapper'}}
    on_cpu = device == 'cpu'
    return [measure_step(CPU_SIZE, 16, ours | bfloat16, 30.0, device),
            measure_step(REFERENCE_SIZE, 4 if on_cpu else 16, ours if on_cpu else ours | bfloat16,
                         60.0, device)]


def measure_step(config: str, batch_size: int, variants: dict[str, dict], seconds: float,
                 device: str = 'cpu') -> dict:
    """Our step, and variants of it, beside the reference step.

    Args:
        config: path of the config.
        batch_size: of both.
        variants: name -> ``options`` of :func:`build_case`, ours first.
        seconds: time for all of them together.
        device: where they run.

    Returns:
        dict: ``config``, ``batch_size``, ``rows``: name, seconds, ratio to the reference (above 1
        is faster).
    """
    plain = build_case(config, batch_size, device,
                       options={'model.channels_last': False})
    candidates: dict[str, Callable] = {
        'reference': lambda step=plain.reference(): step(plain.batch)}
    for name, options in variants.items():
        candidates[name] = build_case(config, batch_size, device, options=options).step
    timings = alternate(candidates, seconds, device)
    base = timings['reference'].median
    return dict(config=Path(config).name, batch_size=batch_size,
                rows=[dict(name=name, ratio=base / timing.median, **timing.to_dict())
                      for name, timing in timings.items()])


def table_steps(results: Sequence[dict]) -> str:
    """Markdown: a row a step, milliseconds an iteration and times as fast as the reference."""
    lines = ['| networks | batch | step | ms an iteration (10 % - 90 %) | times as fast |',
             '|---|---|---|---|---|']
    for result in results:
        for row in result['rows']:
            lines.append(
                f"| `{result['config']}` | {result['batch_size']} | {row['name']} | "
                f"{1e3 * row['median']:.0f} ({1e3 * row['low']:.0f} - {1e3 * row['high']:.0f}) | "
                f"{row['ratio']:.2f} |")
    return '\n'.join(lines)
