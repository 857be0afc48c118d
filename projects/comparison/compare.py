"""Published figures beside those of runs.

    python -m projects.comparison.compare --dataset NAME [RESULT.json ...]

RESULT.json is what tools/test.py (keypoint_distance.json) or regress.py --out wrote; a run is
called by its folder's name, or as ``NAME=RESULT.json`` says. Without one, the published rows.
"""
import argparse
from pathlib import Path

import ikp_mm  # noqa: F401  (before any mmpose module that wants compiled ops)

from .figures import STYLES, compare, published_entries, read_run
from .published import load_published


def main() -> None:
    datasets, rows = load_published()
    parser = argparse.ArgumentParser(prog='python -m projects.comparison.compare',
                                     description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('results', nargs='*', metavar='RESULT.json',
                        help='runs trained without labels')
    parser.add_argument('--supervised', nargs='+', default=[], metavar='RESULT.json',
                        help='runs trained with labels: their direct figure goes to a column of '
                        'its own')
    parser.add_argument('--dataset', required=True, choices=datasets)
    parser.add_argument('--style', choices=STYLES, default='markdown')
    args = parser.parse_args()
    dataset = datasets[args.dataset]
    entries = published_entries(rows, args.dataset)
    for supervised, results in ((False, args.results), (True, args.supervised)):
        for result in results:
            name, equals, path = result.rpartition('=')
            name = name if equals else f'{Path(path).resolve().parent.name} (this run)'
            entries += read_run(path, dataset.columns, name, supervised)
    print(compare(dataset, entries, args.style))
    for source in dict.fromkeys(f'{row.method}: {row.source}' for row in rows
                                if row.dataset == args.dataset):
        print(f'- {source}')


if __name__ == '__main__':
    main()
