"""Published figures beside those of runs.

    python -m projects.comparison.compare --dataset NAME [RESULT.json ...]

RESULT.json is what tools/test.py (keypoint_distance.json) or regress.py --out wrote; a run is
called by its folder's name, or as ``NAME=RESULT.json`` says. Without one, the published rows.
"""
import argparse
from pathlib import Path

import ikp_mm  # noqa: F401  (before torch, and mmpose modules that want compiled ops)
from ikp_mm.command_line import run_tool, tool_parser

from .figures import compare, published_entries, read_run
from .published import load_published


def parse_args() -> argparse.Namespace:
    parser = tool_parser(__doc__)
    parser.add_argument('results', nargs='*', metavar='RESULT.json',
                        help='runs trained without labels')
    parser.add_argument('--supervised', nargs='+', default=[], metavar='RESULT.json',
                        help='runs trained with labels: their direct figure goes to a column of '
                        'its own')
    parser.add_argument('--dataset', required=True, choices=load_published()[0])
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    datasets, rows = load_published()
    dataset = datasets[args.dataset]
    entries = published_entries(rows, args.dataset)
    for supervised, results in ((False, args.results), (True, args.supervised)):
        for result in results:
            name, equals, path = result.rpartition('=')
            name = name if equals else f'{Path(path).resolve().parent.name} (this run)'
            entries += read_run(path, dataset.columns, name, supervised)
    print(compare(dataset, entries))
    for source in dict.fromkeys(f'{row.method}: {row.source}' for row in rows
                                if row.dataset == args.dataset):
        print(f'- {source}')


if __name__ == '__main__':
    run_tool(main, parse_args())
