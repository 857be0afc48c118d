"""Runs the sections of the benchmark and writes their tables and one json."""
from __future__ import annotations

import datetime
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from mmengine.registry import init_default_scope

from ikp_mm.engine.file_backend import AtomicLocalBackend
from ikp_mm.engine.study_provenance import machine

from .inference import measure_inference, table_inference
from .renderer import measure_renderer, table_renderer
from .step import build_case, measure_step, table_steps
from .step_profile import profile_step, table_profile

ROOT = Path(__file__).resolve().parents[2]
CPU_SIZE, REFERENCE_SIZE = (str(ROOT / 'configs' / name)
                            for name in ('ikp_synthetic_without_figures.py', 'ikp_synthetic_128.py'))


def sizes(device: str) -> list[tuple[str, int]]:
    """Configs and batch sizes that are stepped: a GPU takes the released batch of 16 at both."""
    return [(CPU_SIZE, 16), (REFERENCE_SIZE, 4 if device == 'cpu' else 16)]


def measure_steps(device: str) -> list[dict]:
    """Ours and the reference step, on both sizes of network; compiled on a GPU alone, for a CPU
    compiles for minutes."""
    bfloat16 = {'optim_wrapper_type': 'AllReduceBFloat16OptimWrapper'}
    results = []
    for config, batch in sizes(device):
        variants: dict[str, dict] = {'ours': {}}
        if device != 'cpu' or config == CPU_SIZE:
            variants['ours, bfloat16'] = bfloat16
        if device != 'cpu':
            variants['ours, bfloat16, compiled'] = dict(bfloat16, **{'model.compile_networks': {}})
        results.append(measure_step(config, batch, variants,
                                    30.0 if config == CPU_SIZE else 60.0, device))
    return results


def measure_profiles(device: str) -> list[dict]:
    """Where the time of our step goes, on both networks, with all terms of their configs."""
    results = []
    for config, batch in sizes(device):
        case = build_case(config, batch, device, released=False)
        model = case.model
        parts = {'Phi': model.backbone, 'eta': model.head.encoder, 'beta': model.head.renderer,
                 'Psi': model.generator, 'D': model.discriminator,
                 'perceptual features': model.loss_reconstruction.features,
                 'perceptual distances': model.loss_reconstruction}
        results.append(dict(profile_step(case.step, parts, device), config=Path(config).name,
                            batch_size=batch))
    return results


def table_profiles(results: Sequence[dict]) -> str:
    """The tables of each profile under the name of its config."""
    return '\n\n'.join(f"`{result['config']}`, batch {result['batch_size']}: {table_profile(result)}"
                       for result in results)


# Title, what measures (given the device and the sections before it), what makes a table.
SECTIONS: dict[str, tuple[str, Callable, Callable]] = {
    'step': ('Training step', lambda device, before: measure_steps(device), table_steps),
    'renderer': ('Renderer', lambda device, before: measure_renderer(device), table_renderer),
    'inference': ('Inference', lambda device, before: measure_inference(device=device),
                  table_inference),
    'profile': ('Where a step\'s time goes', lambda device, before: measure_profiles(device),
                table_profiles),
}


def run(sections: Sequence[str], device: str, out: Path,
        log: Callable[[str], None] = print) -> dict:
    """Measure, print each table as it is done, and write ``bench.json`` and ``bench.md``.

    Args:
        sections: names in :data:`SECTIONS`.
        device: ``'cpu'`` or ``'cuda'``.
        out: folder of the two files; they are replaced whole, and hold these sections alone.
        log: what each line goes to.

    Returns:
        dict: ``date``, ``machine``, ``device``, ``seconds`` of each section, and ``sections``.

    Raises:
        ValueError: an unknown section.
        RuntimeError: a GPU was asked for and none is there.
    """
    unknown = [name for name in sections if name not in SECTIONS]
    if unknown:
        raise ValueError(f'no section {unknown[0]!r}; there are {", ".join(SECTIONS)}')
    if device != 'cpu' and not torch.cuda.is_available():
        raise RuntimeError(f'device {device!r} was asked for, but torch sees no GPU')
    init_default_scope('mmpose')
    # float32 is to mean float32, in the steps as in the product that bounds them; what is faster
    # and coarser has rows of its own.
    torch.backends.cudnn.allow_tf32 = False
    result = dict(date=datetime.date.today().isoformat(), machine=machine(), device=device,
                  seconds={}, sections={})
    here = ', '.join(f'{key} {value}' for key, value in result['machine'].items())
    text = [f"Measured on {result['date']}: {here}."]
    log(text[0])
    for name in sections:
        title, measure, table = SECTIONS[name]
        begin = time.perf_counter()
        measured = measure(device, result['sections'])
        result['seconds'][name] = time.perf_counter() - begin
        result['sections'][name] = measured
        text.append(f'## {title}\n\n{table(measured)}')
        log(f"\n{text[-1]}\n\n({result['seconds'][name]:.0f} s)")
    backend = AtomicLocalBackend()
    for file, content in (('bench.json', json.dumps(result, indent=1)),
                          ('bench.md', '\n\n'.join(text))):
        backend.put((content + '\n').encode(), out / file)
    log(f'\n{out / "bench.json"}, {out / "bench.md"}; {sum(result["seconds"].values()):.0f} s')
    return result
