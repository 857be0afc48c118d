"""Train and test one config with several seeds; the figures go into ``results.json`` beside it.

    python projects/run_seeds.py projects/pushups/ikp_pushups.py [--seeds 0 1 2]

One thread a process. Tested is the last checkpoint: none is chosen. What an interrupted call had
finished is kept, an unfinished run is resumed; running again prints and writes the same.
"""
import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch

ROOT = Path(__file__).resolve().parents[1]
MODES = ('direct', 'flip_corrected', 'flip_aware', 'mean_pose', 'box_mean_pose', 'nearest_prior')


def run(*arguments) -> None:
    environment = dict(os.environ, OMP_NUM_THREADS='1')
    subprocess.run([sys.executable, *map(str, arguments)], check=True, cwd=ROOT, env=environment)


def minutes_trained(work: Path) -> float:
    """Minutes of training, validations but the last included, as the checkpoint remembers."""
    path = (work / 'last_checkpoint').read_text(encoding='utf-8').strip()
    info = torch.load(path, map_location='cpu', weights_only=True)['message_hub']['runtime_info']
    return info['train_seconds'] / 60


def row(config: Path, seed: int) -> dict:
    """Train and test one seed unless its row is there already."""
    work = ROOT / 'work_dirs' / config.stem / f'seed_{seed}'
    kept = work / 'row.json'
    if not kept.exists():
        run('tools/train.py', config, '--work-dir', work, '--resume', '--cfg-options',
            f'randomness.seed={seed}')
        run('tools/test.py', config, work / 'last_checkpoint', '--work-dir', work, '--out',
            work / 'metrics.json', '--show-dir', work)
        metrics = json.loads((work / 'metrics.json').read_text())
        kept.write_text(json.dumps(dict(seed=seed, minutes=round(minutes_trained(work), 1),
                                        **metrics), indent=1))
    return json.loads(kept.read_text())


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
    rows = [row(args.config, seed) for seed in args.seeds]
    result: dict = {}
    for mode in MODES:
        values = [each[f'{args.prefix}/{mode}'] for each in rows]
        result[mode] = round(float(np.mean(values)), 3)
        result[f'{mode}_each'] = [round(value, 3) for value in values]
    result.update(seeds=args.seeds, unit=args.unit,
                  minutes=round(float(np.mean([each['minutes'] for each in rows])), 1))
    out = args.out or args.config.parent / 'results.json'
    out.write_text(json.dumps(result, indent=1) + '\n')
    print('| | ' + ' | '.join(MODES) + ' | minutes |\n' + '|---' * (len(MODES) + 2) + '|')
    for each in rows:
        print(f"| seed {each['seed']} | " + ' | '.join(
            f"{each[f'{args.prefix}/{mode}']:.2f}" for mode in MODES) + f" | {each['minutes']} |")
    print('| mean | ' + ' | '.join(f'{result[mode]:.2f}' for mode in MODES)
          + f" | {result['minutes']} |\n{out}")


if __name__ == '__main__':
    main()
