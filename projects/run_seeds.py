"""Train and test one config with several seeds; the figures go into ``results.json`` beside it.

    python projects/run_seeds.py projects/pushups/ikp_pushups.py [--seeds 0 1 2]

One thread a process. Tested is the last checkpoint: none is chosen. What an interrupted call had
finished is kept, an unfinished run is resumed; running again prints and writes the same.
:mod:`projects.studies`, tables of several configs, makes its rows here too.
"""
import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ikp_mm.io.atomic import atomic_file
from ikp_mm.io.checkpoint_file import latest_checkpoint, load_plain

ROOT = Path(__file__).resolve().parents[1]
MODES = ('direct', 'flip_corrected', 'flip_aware', 'mean_pose', 'box_mean_pose', 'nearest_prior')


def start(*arguments) -> None:
    """Run Python with these arguments in the root of the repository, with one thread.

    Raises:
        subprocess.CalledProcessError: it ended with an error.
    """
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get('PYTHONPATH')])])
    subprocess.run([sys.executable, *map(str, arguments)], check=True, cwd=ROOT,
                   env=dict(os.environ, OMP_NUM_THREADS='1', PYTHONPATH=path))


def make_row(config: Path, work: Path, seed: int, *test_options) -> dict:
    """Train and test a config with one seed in ``work``; a training that is there goes on.

    Returns:
        dict: ``seed``; ``iterations``; ``minutes`` that these took, loading included and
        validations left out; and all metrics of the test by their names.
    """
    start('tools/train.py', config, '--work-dir', work, '--resume', '--cfg-options',
          f'randomness.seed={seed}')
    start('tools/test.py', config, work / 'last_checkpoint', '--work-dir', work, '--out',
          work / 'metrics.json', *test_options)
    checkpoint = load_plain(latest_checkpoint(work / 'last_checkpoint'))
    seconds = float(checkpoint['message_hub']['log_scalars']['train/time']['values'].sum())
    return dict(seed=seed, iterations=checkpoint['meta']['iter'], minutes=round(seconds / 60, 2),
                **json.loads((work / 'metrics.json').read_text(encoding='utf-8')))


def write_json(path: Path, content: dict) -> None:
    """The file is there as a whole or not at all."""
    with atomic_file(path) as part:
        part.write_text(json.dumps(content, indent=1) + '\n', encoding='utf-8')


def kept_row(config: Path, seed: int) -> dict:
    """The row of a seed, made unless it is there."""
    work = ROOT / 'work_dirs' / config.stem / f'seed_{seed}'
    kept = work / 'row.json'
    if not kept.exists():
        write_json(kept, make_row(config, work, seed, '--show-dir', work))
    return json.loads(kept.read_text(encoding='utf-8'))


def summary(rows: Sequence[dict], prefix: str, unit: str) -> dict:
    """What ``results.json`` has: of each mode the mean and each row's figure, and mean minutes."""
    result: dict = {}
    for mode in MODES:
        values = [row[f'{prefix}/{mode}'] for row in rows]
        result[mode] = round(float(np.mean(values)), 3)
        result[f'{mode}_each'] = [round(value, 3) for value in values]
    minutes = round(float(np.mean([row['minutes'] for row in rows])), 1)
    return dict(result, seeds=[row['seed'] for row in rows], unit=unit, minutes=minutes)


def table(rows: Sequence[dict], result: dict, prefix: str) -> str:
    """Markdown: a line a row, and their mean."""
    named = {f"seed {row['seed']}": row for row in rows}
    named['mean'] = dict({f'{prefix}/{mode}': result[mode] for mode in MODES},
                         minutes=result['minutes'])
    lines = [f"| | {' | '.join(MODES)} | minutes |", '|---' * (len(MODES) + 2) + '|']
    for name, row in named.items():
        figures = ' | '.join(f"{row[f'{prefix}/{mode}']:.2f}" for mode in MODES)
        lines.append(f"| {name} | {figures} | {row['minutes']:.1f} |")
    return '\n'.join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config', type=Path)
    parser.add_argument('--seeds', type=int, nargs='+', default=[0, 1, 2])
    parser.add_argument('--prefix', default='keypoint_distance',
                        help='of the metric that results.json is of (keypoint_distance)')
    parser.add_argument('--unit', default='% of the image side')
    parser.add_argument('--out', type=Path, help='the json (results.json beside the config)')
    args = parser.parse_args()
    rows = [kept_row(args.config, seed) for seed in args.seeds]
    result = summary(rows, args.prefix, args.unit)
    out = args.out or args.config.parent / 'results.json'
    write_json(out, result)
    print(f'{table(rows, result, args.prefix)}\n{out}')


if __name__ == '__main__':
    main()
