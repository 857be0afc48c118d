"""Rows of a study: run, kept, run again, gone on with.

The tools are stood in for at the seam where they are started; one slow test starts them.
"""
import json
import signal
import subprocess
import sys

import pytest

from projects.studies import __main__ as module
from projects.studies.__main__ import main, parse_args
from tiny_run import ROOT, tiny_config

CONFIG = "train_cfg = dict(max_iters=10)\nrandomness = dict(seed=0)\n"
STUDY = '''
name = 'tiny'
groups = dict(all='All')
metrics = ['direct', 'regressed']
_same = dict(group='all', config='one.py', seed=5)
rows = [dict(_same, name='one', label='one', overrides={}, regress=[50, 'all']),
        dict(_same, name='two', label='two', overrides={'train_cfg.max_iters': 20})]
'''
UNIT = 'percent of the image side'
DISTANCE = dict(unit=UNIT, n_regress=None, results=dict(direct=4.0), per_group={},
                per_joint=dict(direct=dict(head=4.0)))
REGRESS = dict(rows=[dict(n=50, error=3.0, unit=UNIT)], checkpoint='/here', config='/there')


@pytest.fixture
def run(tmp_path, monkeypatch):
    """The command on a study of two rows; ``run.started`` are (row, what was started)."""
    (tmp_path / 'one.py').write_text(CONFIG)
    (tmp_path / 'study.py').write_text(STUDY)
    handler = signal.getsignal(signal.SIGTERM)

    def make_row(config, work, seed):
        tool.started.append((work.parent.name, 'row'))
        if work.parent.name == tool.fails:
            raise subprocess.CalledProcessError(1, 'tools/train.py')
        assert f'seed={seed}' in config.read_text() and config.parent == work
        (work / 'keypoint_distance.json').write_text(json.dumps(DISTANCE))
        return {'seed': seed, 'iterations': 10, 'minutes': 1.25, 'keypoint_distance/direct': 4.0}

    def start(*arguments):
        arguments = list(map(str, arguments))
        assert arguments[:2] == ['-m', 'projects.comparison.regress']
        assert arguments[-7:-1] == ['--labelled', '50', 'all', '--ridge', tool.ridge, '--out']
        tool.started.append(('one', 'regress'))
        if tool.dies:
            raise KeyboardInterrupt
        with open(arguments[-1], 'w') as file:
            json.dump(REGRESS, file)

    def tool(*arguments):
        tool.started = []
        monkeypatch.setattr(sys, 'argv', ['studies', str(tmp_path / 'study.py'),
                                          *map(str, arguments)])
        main(parse_args())

    tool.dies, tool.fails, tool.ridge = False, None, '0.0'
    for name, value in dict(make_row=make_row, start=start, ROOT=tmp_path,
                            git_commit=lambda root: 'c' * 40 + '-dirty').items():
        monkeypatch.setattr(module, name, value)
    yield tool
    signal.signal(signal.SIGTERM, handler)


def result(tmp_path, name):
    return json.loads((tmp_path / f'results/{name}.json').read_text())


def test_a_failed_row_is_named_and_holds_up_no_other(run, tmp_path, capsys):
    run.fails = 'one'
    with pytest.raises(SystemExit, match='rows that failed: one'):
        run('--table', tmp_path / 'table.md')
    assert run.started == [('one', 'row'), ('two', 'row')]
    assert result(tmp_path, 'two')['iterations'] == 10
    assert 'one: not run yet' in (tmp_path / 'table.md').read_text()
    assert 'one FAILED' in capsys.readouterr().err
    run.fails = None
    run()
    assert run.started == [('one', 'row'), ('one', 'regress')]


def test_a_row_says_what_it_was(run, tmp_path):
    run()
    assert run.started == [('one', 'row'), ('one', 'regress'), ('two', 'row')]
    one, two = result(tmp_path, 'one'), result(tmp_path, 'two')
    assert (one['seed'], one['iterations'], one['minutes']) == (5, 10, 1.25)
    assert one['keypoint_distance/direct'] == 4.0
    assert one['distance'] == {key: DISTANCE[key] for key in DISTANCE if key != 'per_joint'}
    assert one['regress'] == dict(rows=REGRESS['rows']) and two['regress'] == {}
    assert (one['labelled'], two['labelled']) == ([50, 'all'], [])
    assert (one['commit'], one['dirty'], one['machine']['threads']) == ('c' * 40, True, 1)
    (folder, ) = (tmp_path / 'work_dirs/studies/tiny/one').iterdir()
    assert folder.name == one['config_hash'][:12] != two['config_hash'][:12]


def test_the_tables_are_printed_and_written(run, tmp_path, capsys):
    run('--rows', 'one', '--table', tmp_path / 'tables.md')
    table = (tmp_path / 'tables.md').read_text()
    assert '| one | 4.00 | 3.00 | 10 | 1.2 | 5 |' in table and '- two: not run yet.' in table
    assert table in capsys.readouterr().out


def test_what_is_done_is_not_run_again(run):
    run('--rows', 'two')
    run()
    assert run.started == [('one', 'row'), ('one', 'regress')]
    run()
    assert run.started == []


def test_another_configuration_runs_again_in_a_folder_of_its_own(run, tmp_path, capsys):
    run()
    (tmp_path / 'study.py').write_text(STUDY.replace(': 20', ': 30'))
    run('--table-only')
    assert run.started == [] and '| two § |' in capsys.readouterr().out
    run()
    assert run.started == [('two', 'row')] and '| two |' in capsys.readouterr().out
    assert len(list((tmp_path / 'work_dirs/studies/tiny/two').iterdir())) == 2


def test_another_regression_runs_again_in_the_same_folder(run, tmp_path):
    (tmp_path / 'study.py').write_text(STUDY.replace(", regress=[50, 'all']", ''))
    run()
    (tmp_path / 'study.py').write_text(STUDY)
    run()
    assert run.started == [('one', 'row'), ('one', 'regress')]
    (tmp_path / 'study.py').write_text(STUDY.replace("'all']", "'all'], ridge='cv'"))
    run.ridge = 'cv'
    run()
    assert run.started == [('one', 'row'), ('one', 'regress')]
    run()
    assert run.started == []
    assert len(list((tmp_path / 'work_dirs/studies/tiny/one').iterdir())) == 1


def test_an_interrupted_row_is_no_result(run, tmp_path):
    run.dies = True
    with pytest.raises(KeyboardInterrupt):
        run()
    assert not (tmp_path / 'results').exists()
    run.dies = False
    run()
    assert len(list((tmp_path / 'work_dirs/studies/tiny/one').iterdir())) == 1


def test_unknown_rows_are_refused(run):
    with pytest.raises(ValueError, match='study.py has no rows third'):
        run('--rows', 'third', 'one')


@pytest.mark.parametrize('name', ['comparison', 'seeds'])
def test_shipped_tables_are_those_of_the_shipped_rows(name, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, 'argv', [
        'studies', str(ROOT / f'projects/{name}/study.py'), '--table-only', '--table',
        str(tmp_path / 'tables.md')])
    handler = signal.getsignal(signal.SIGTERM)
    main(parse_args())
    signal.signal(signal.SIGTERM, handler)
    assert (tmp_path / 'tables.md').read_bytes() == (
        ROOT / f'projects/{name}/tables.md').read_bytes()


@pytest.mark.slow
def test_with_the_tools_themselves(run, tmp_path, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setattr(module, 'ROOT', tmp_path)
    monkeypatch.setattr(module, 'git_commit', lambda root: 'c' * 40)
    config = tiny_config(tmp_path / 'unused', 2, 3, validate=True)
    config.regression_dataloader = config.test_dataloader
    config.dump(tmp_path / 'one.py')
    (tmp_path / 'study.py').write_text(STUDY.split('rows =')[0] + (
        "rows = [dict(_same, name='one', label='one', overrides={}, regress=[2])]\n"))
    monkeypatch.setattr(sys, 'argv', ['studies', str(tmp_path / 'study.py')])
    main(parse_args())
    row = result(tmp_path, 'one')
    assert row['iterations'] == 3 and 0 < row['distance']['results']['direct'] < 100
    assert row['keypoint_distance/direct'] == row['distance']['results']['direct']
    assert [each['n'] for each in row['regress']['rows']] == [2]
