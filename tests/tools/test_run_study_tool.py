"""tools/run_study.py. (The runner: tests/engine/test_study_runner.py.)"""
import json
import runpy
import signal
import sys
from pathlib import Path

import pytest

from ikp_mm.engine.study import config_hash, read_study, resolve
from ikp_mm.engine.study_provenance import code_version

from tiny_run import ROOT


@pytest.fixture
def run(tmp_path, monkeypatch):
    """The tool on a study of two rows, the first of which is done."""
    path = tmp_path / 'study.py'
    path.write_text(f"""
name = 'tiny'
results_dir = '{tmp_path}/results'
metrics = ['direct']
rows = [dict(name='first', config='configs/ikp_synthetic.py'),
        dict(name='second', config='configs/ikp_synthetic.py', seed=1)]
""")
    study = read_study(path, ROOT)
    code = code_version(ROOT)
    study.results_dir.mkdir()
    (study.results_dir / 'first.json').write_text(json.dumps(dict(
        config_hash=config_hash(resolve(study.rows[0], ROOT)), commit=code.commit,
        uncommitted=code.uncommitted, dirty=code.dirty, test=True, supervised=False, labelled=[],
        seed=0, iterations=1900, minutes=12.0, metrics={}, regress={},
        machine=dict(cpus=2, usable_cpus=2, threads=1, gpu=None, torch='2'),
        distance=dict(unit='percent of the image side', n_regress=None,
                      results=dict(direct=4.5)))))
    handler = signal.getsignal(signal.SIGTERM)

    def tool(*arguments):
        monkeypatch.setattr(sys, 'argv', ['run_study.py', str(path), *map(str, arguments)])
        runpy.run_path(str(ROOT / 'tools/run_study.py'), run_name='__main__')

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
    with pytest.raises(SystemExit, match='has no rows third; it has first, second'):
        run('--rows', 'third')
