"""Run what is missing of a study: ``python -m projects.studies STUDY.py [--rows NAME ...]``.

Interrupt it at any time; the same command goes on. A row whose json is of today's configuration is
not run again (docs/studies.md).
"""
import argparse
import json
import signal
import subprocess
import sys
from pathlib import Path

import ikp_mm  # noqa: F401  (before torch, and mmpose modules that want compiled ops)
from benchmarks.timing import machine
from ikp_mm.command_line import run_tool, tool_parser
from ikp_mm.deploy.publish import git_commit
from ikp_mm.io.atomic import atomic_file
from mmengine.config import Config
from projects.run_seeds import ROOT, make_row, start, write_json

from .study import StudyRow, config_hash, read_study, resolve
from .tables import study_tables


def parse_args() -> argparse.Namespace:
    parser = tool_parser(__doc__)
    parser.add_argument('study', help='study file')
    parser.add_argument('--rows', nargs='+', metavar='NAME', help='only these rows')
    parser.add_argument('--table', type=Path, metavar='OUT.md',
                        help='write the tables there (markdown); they are printed in any case')
    parser.add_argument('--table-only', action='store_true', help='run nothing')
    return parser.parse_args()


def run_row(row: StudyRow, cfg: Config, folder: Path) -> dict:
    """Train, test and regress a row in ``folder``, which is of this configuration alone.

    Returns:
        dict: the row as :func:`make_row` makes it; which code and machine made it; ``distance``,
        the table of the test; ``regress``, that of the regression, empty where there is none.
    """
    commit, dirty, _ = git_commit(ROOT).partition('-dirty')
    config = folder / 'config.py'
    with atomic_file(config) as part:
        cfg.dump(part)
    result = make_row(config, folder, row.seed)
    distance = json.loads((folder / 'keypoint_distance.json').read_text(encoding='utf-8'))
    regress = {}
    if row.regress:
        start('-m', 'projects.comparison.regress', config, folder / 'last_checkpoint',
              '--labelled', *row.regress, '--ridge', row.ridge, '--out', folder / 'regress.json')
        regress = json.loads((folder / 'regress.json').read_text(encoding='utf-8'))
    # Without the tables per joint, and without paths, which say nothing elsewhere.
    left_out = ('per_joint', 'checkpoint', 'config')
    return dict(
        result, commit=commit, dirty=bool(dirty), machine=dict(machine(), threads=1),
        distance={key: value for key, value in distance.items() if key not in left_out},
        regress={key: value for key, value in regress.items() if key not in left_out})


def main(args: argparse.Namespace) -> None:
    # A polite end from outside interrupts the tool that runs, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    study = read_study(args.study)
    wanted = {row.name for row in study.rows} if args.rows is None else {*args.rows}
    unknown = wanted - {row.name for row in study.rows}
    if unknown:
        raise ValueError(f'{args.study} has no rows {", ".join(sorted(unknown))}')
    results, current, failed = {}, [], []
    for row in study.rows:
        cfg, path = resolve(row, ROOT), study.result_path(row)
        job = dict(config_hash=config_hash(cfg), labelled=list(row.regress), ridge=row.ridge)
        if path.is_file():
            results[row.name] = json.loads(path.read_text(encoding='utf-8'))
        if row.name in results and job == {key: results[row.name].get(key, 0.0) for key in job}:
            current.append(row.name)
        elif row.name in wanted and not args.table_only:
            print(f'{row.name}: {row.config}, seed {row.seed}', flush=True)
            folder = ROOT / 'work_dirs/studies' / study.name / row.name / job['config_hash'][:12]
            try:
                results[row.name] = dict(job, **run_row(row, cfg, folder))
            except subprocess.CalledProcessError as error:  # it has said why
                print(f'{row.name} FAILED: {error}', file=sys.stderr)
                failed.append(row.name)
                continue
            write_json(path, results[row.name])
            current.append(row.name)
    tables = study_tables(study, results, current)
    print(f'\n{tables}')
    if args.table is not None:
        args.table.write_text(tables + '\n', encoding='utf-8')
    if failed:
        sys.exit(f'rows that failed: {", ".join(failed)}')


if __name__ == '__main__':
    run_tool(main, parse_args())
