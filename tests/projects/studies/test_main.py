"""The command. (The runner: test_runner.py.)"""
import json
import signal
import sys
from pathlib import Path

import pytest

from projects.studies.__main__ import main, parse_args
from projects.studies.study import code_version, config_hash, read_study, resolve
from tiny_run import ROOT


@pytest.fixture
def run(tmp_path, monkeypatch):
    """The tool on a study of two rows, the first of which is done."""
    path = tmp_path / 'study.py'
    path.write_text("""
name = 'tiny'
groups = dict(all='all')
metrics = ['direct']
rows = [dict(name=name, label=name, group='all', config='configs/ikp_synthetic.py', overrides={},
             seed=seed) for seed, name in enumerate(('first', 'second'))]
""")
    study = read_study(path)
    code = code_version(ROOT)
    (tmp_path / 'results').mkdir()
    (tmp_path / 'results/first.json').write_text(json.dumps(dict(
        config_hash=config_hash(resolve(study.rows[0], ROOT)), code=code['code'],
        commit=code['commit'], dirty=False, supervised=False, labelled=[],
        seed=0, iterations=1900, minutes=12.0, metrics={}, regress={},
        machine=dict(cpus=2, usable_cpus=2, threads=1, gpu=None, torch='2'),
        distance=dict(unit='percent of the image side', n_regress=None,
                      results=dict(direct=4.5)))))
    handler = signal.getsignal(signal.SIGTERM)

    def tool(*arguments):
        monkeypatch.setattr(sys, 'argv', ['studies', str(path), *map(str, arguments)])
        main(parse_args())

    yield tool
    signal.signal(signal.SIGTERM, handler)


def test_list_runs_nothing(run, capsys):
    run('--list')
    assert [line.split()[:3] for line in capsys.readouterr().out.splitlines()] == [
        ['first', 'done', 'configs/ikp_synthetic.py,'],
        ['second', 'missing', 'configs/ikp_synthetic.py,']]


def test_a_done_row_is_kept_and_the_tables_are_written(run, tmp_path, capsys):
    run('--rows', 'first', '--table', tmp_path / 'out/tables.md')
    said = capsys.readouterr().out
    assert '[1/1] first: done, kept' in said and 'second: missing' in said
    table = Path(tmp_path / 'out/tables.md').read_text()
    first, second = (next(line for line in table.splitlines() if line.startswith(f'| {name}'))
                     for name in ('first', 'second'))
    assert first.endswith('| 4.50 | 1900 | 12.0 | 0 |')
    assert second == '| second | – | – | – | – |'


def test_unknown_rows_are_refused(run):
    with pytest.raises(ValueError, match='has no rows third; it has first, second'):
        run('--rows', 'third')
