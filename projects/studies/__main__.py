"""Run what is missing of a study: ``python -m projects.studies STUDY.py [--rows NAME ...]``.

Interrupt it at any time; the same command goes on. A row whose json is of this configuration and
this code is not run again (docs/studies.md).
"""
import argparse
import signal
import sys
from functools import partial
from pathlib import Path

import ikp_mm  # noqa: F401  (before torch, and mmpose modules that want compiled ops)
from ikp_mm.command_line import run_tool, tool_parser

from .runner import StudyRunner
from .study import STATES, code_version, config_hash, read_result, read_study, resolve, row_state
from .tables import study_tables

ROOT = Path(__file__).resolve().parents[2]


def parse_args() -> argparse.Namespace:
    parser = tool_parser(__doc__)
    parser.add_argument('study', help='study file')
    parser.add_argument('--rows', nargs='+', metavar='NAME', help='only these rows')
    parser.add_argument('--list', action='store_true', help='say how each row stands; run nothing')
    parser.add_argument('--table', type=Path, metavar='OUT.md',
                        help='write the tables there (markdown); they are printed in any case')
    parser.add_argument('--table-only', action='store_true', help='run nothing')
    kept = parser.add_mutually_exclusive_group()
    kept.add_argument('--keep-stale', action='store_true',
                      help='do not run again rows of this configuration and other code, and show '
                      'them, and rows of another configuration, with a mark')
    kept.add_argument('--force', action='store_true',
                      help='throw away what is there of the rows and run them all again')
    parser.add_argument('--work-root', type=Path, default=ROOT / 'work_dirs/studies',
                        help='where logs and checkpoints go')
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    # A polite end from outside interrupts the tool that runs, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    study = read_study(args.study)
    names = [row.name for row in study.rows]
    unknown = sorted(set(args.rows or ()) - set(names))
    if unknown:
        raise ValueError(f'{args.study} has no rows {", ".join(unknown)}; it has '
                         f'{", ".join(names)}')
    rows = [row for row in study.rows if args.rows is None or row.name in args.rows]
    failed = []
    if not (args.list or args.table_only):
        runner = StudyRunner(study, ROOT, args.work_root.resolve(), say=partial(print, flush=True))
        failed = runner.run(rows, args.keep_stale, args.force)
    code = code_version(ROOT)['code']
    results = {row.name: read_result(study, row) for row in study.rows}
    states = {row.name: row_state(results[row.name], row, config_hash(resolve(row, ROOT)), code)
              for row in study.rows}
    if args.list:
        for row in rows:
            state = states[row.name]
            print(f'{row.name:32s} {state:8s} {row.config}, seed {row.seed}: {STATES[state]}')
        return
    tables = study_tables(study, states, results, args.keep_stale)
    print(f'\n{tables}')
    if args.table is not None:
        args.table.parent.mkdir(parents=True, exist_ok=True)
        args.table.write_text(tables + '\n', encoding='utf-8')
    if failed:
        sys.exit(f'failed: {", ".join(failed)}')


if __name__ == '__main__':
    run_tool(main, parse_args())
