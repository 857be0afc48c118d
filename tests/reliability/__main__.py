"""``make reliability``: let every fault happen; print and save the table of docs/reliability.md.

    python tests/reliability [--only TEXT ...] [--out work_dirs/reliability]
"""
import argparse
import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / 'tests'), str(ROOT / 'tests/reliability')]

import ikp_mm  # noqa: E402,F401

import mmpose.apis  # noqa: E402,F401  imported once, before the forks
import mmpose.visualization  # noqa: E402,F401

import faults  # noqa: E402,F401  registers
import hostile  # noqa: E402,F401
import sweep  # noqa: E402,F401
import load  # noqa: E402,F401
from bench import FAULTS, Bench  # noqa: E402

MARKS = '<!-- table -->', '<!-- end of table -->'
# What a try that is lost raises; anything else is a fault of this program.
LOST = (AssertionError, OSError, ValueError, RuntimeError, KeyError, TypeError,
        subprocess.SubprocessError)
COLUMNS = ('fault', 'tries', 'survived', 'lost', 'seconds')


def rows(bench: Bench, only: list[str]) -> list[dict]:
    """One row a fault whose name holds one of ``only``, or all; says what is lost, and goes on."""
    table = []
    for fault in FAULTS:
        if only and not any(text.lower() in fault.name.lower() for text in only):
            continue
        lost, before = [], time.monotonic()
        for number in range(fault.tries):
            try:
                fault.happen(bench, number)
            except LOST as error:
                lost.append(f'{number}: {type(error).__name__}: {error}')
        row = dict(zip(COLUMNS, (fault.name, fault.tries, fault.tries - len(lost), len(lost),
                                 round(time.monotonic() - before))))
        table.append(row)
        print(*row.values(), sep=' | ', flush=True)
        for reason in lost:
            print('    lost', reason, flush=True)
    return table


def write_page(page: Path, table: list[dict]) -> None:
    """Put the table between the two marks of a page."""
    before, rest = page.read_text(encoding='utf-8').split(f'{MARKS[0]}\n')
    after = rest.split(MARKS[1])[1]
    lines = [COLUMNS, ['---'] * len(COLUMNS), *(row.values() for row in table)]
    text = ''.join(f'| {" | ".join(map(str, line))} |\n' for line in lines)
    page.write_text(f'{before}{MARKS[0]}\n{text}{MARKS[1]}{after}', encoding='utf-8')


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--only', nargs='*', default=[], metavar='TEXT',
                        help='faults whose name holds one of these texts')
    parser.add_argument('--out', type=Path, default=Path('work_dirs/reliability'))
    parser.add_argument('--page', type=Path, help='docs/reliability.md, to put the table into')
    args = parser.parse_args()
    if args.only and args.page is not None:
        parser.error('--page takes the whole table')
    # A shell's background jobs ignore SIGINT, and so would the runs.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    runs = args.out.resolve() / 'runs'
    shutil.rmtree(runs, ignore_errors=True)
    table = rows(Bench(runs), args.only)
    if args.page is not None:
        write_page(args.page, table)
    (args.out / 'table.json').write_text(json.dumps(table, indent=1) + '\n')
    sys.exit(any(row['lost'] for row in table))


if __name__ == '__main__':
    main()
