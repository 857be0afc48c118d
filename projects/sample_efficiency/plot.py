"""Error against the number of prior poses, from the results of ``projects/run_seeds.py``.

    python projects/sample_efficiency/plot.py faces 50=FILE 500=FILE 2012=FILE --out FILE.png

Prints a row a number of poses and draws the means with their lowest and highest seed.
"""
import argparse
import json
from pathlib import Path

import matplotlib

matplotlib.use('Agg')
import matplotlib.pyplot as plt  # noqa: E402

parser = argparse.ArgumentParser(description=__doc__,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument('name')
parser.add_argument('results', nargs='+', metavar='NUMBER=FILE')
parser.add_argument('--out', type=Path, required=True)
args = parser.parse_args()
numbers, rows = [], []
for item in args.results:
    number, _, file = item.partition('=')
    numbers.append(int(number))
    rows.append(json.loads(Path(file).read_text(encoding='utf-8')))
print('| poses | direct | lowest to highest | seeds | mean pose | nearest prior pose |\n'
      '|---|---|---|---|---|---|')
for number, row in zip(numbers, rows):
    each = row['direct_each']
    print(f'| {number:,} | {row["direct"]:.2f} | {min(each):.2f} to {max(each):.2f} | {len(each)} '
          f'| {row["mean_pose"]:.2f} | {row["nearest_prior"]:.2f} |')
figure, axis = plt.subplots(figsize=(4.5, 3.2), dpi=120)
means = [row['direct'] for row in rows]
axis.errorbar(numbers, means, capsize=4, marker='o', label='ours, direct', yerr=[
    [mean - min(row['direct_each']) for mean, row in zip(means, rows)],
    [max(row['direct_each']) - mean for mean, row in zip(means, rows)]])
for key, label in (('nearest_prior', 'nearest prior pose'), ('mean_pose', 'mean pose')):
    axis.plot(numbers, [row[key] for row in rows], '--', linewidth=1, label=label)
axis.set(xscale='log', xlabel='poses in the prior', ylabel=rows[0]['unit'], ylim=(0, None),
         title=args.name)
axis.legend(fontsize=8)
figure.tight_layout()
figure.savefig(args.out)
print(args.out)
