"""Rows run through the tools: skipped, resumed, forced, stale, dirty, failed, interrupted.

The tools are stood in for at the seam where they are started; one slow test starts them.
"""
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from projects.studies import runner as module
from projects.studies.runner import StudyRunner, launch
from projects.studies.study import read_study
from tiny_run import ROOT, tiny_config

CONFIG = '''
train_cfg = dict(type='KeypointGANTrainLoop', max_iters=10)
randomness = dict(seed=0)
'''
STUDY = '''
name = 'tiny'
groups = dict(all='all')
metrics = ['direct']
_same = dict(group='all', config='one.py')
rows = [dict(_same, name='one', label='one', overrides={}, seed=5, regress=[50, 'all']),
        dict(_same, name='two', label='two', overrides={'train_cfg.max_iters': 20}, seed=0)]
'''
DISTANCE = dict(unit='percent of the image side', num_images=4, n_regress=None,
                results=dict(direct=4.0), per_group=dict(direct=dict(all=4.0)),
                per_joint=dict(direct=dict(head=4.0)))


def version(code, commit, dirty=False):
    return dict(code=code * 64, commit=commit * 40, dirty=dirty)


class Tools:
    """Stands in for the processes; ``fails`` and ``dies`` name the tool that does so, once."""

    def __init__(self):
        self.started, self.fails, self.dies, self.stops_at = [], None, None, None
        self.log = b'Traceback\nbad luck\n'

    def __call__(self, command, log, root):
        python, script, *arguments = command
        assert python == sys.executable
        tool = Path(script).stem
        assert Path(script).parent == root / (
            'projects/comparison' if tool == 'regress' else 'tools')
        self.started.append(tool)
        log.write_bytes(self.log)
        if self.fails == tool:
            self.fails = None
            return 3
        config = Path(arguments[0]).read_text()
        if tool == 'train':
            self._train(Path(arguments[arguments.index('--work-dir') + 1]), config)
            assert '--resume' in arguments
        else:
            self._measure(tool, arguments)
        if self.dies == tool:
            self.dies = None
            raise KeyboardInterrupt
        return 0

    def _train(self, folder, config):
        iterations = int(re.search(r'max_iters=(\d+)', config)[1])
        done = self.stops_at or iterations
        self.stops_at = None
        hub = dict(log_scalars={'train/time': dict(values=torch.full((done,), 6.0))})
        torch.save(dict(meta=dict(iter=done), message_hub=hub), folder / f'iter_{done}.pth')
        (folder / 'last_checkpoint').write_text(str(folder / f'iter_{done}.pth'))

    @staticmethod
    def _measure(tool, arguments):
        out = Path(arguments[arguments.index('--out') + 1])
        assert Path(arguments[1]).name == 'last_checkpoint'
        if tool == 'test':
            folder = Path(arguments[arguments.index('--work-dir') + 1])
            (folder / 'keypoint_distance.json').write_text(json.dumps(DISTANCE))
            out.write_text('{"keypoint_distance/direct": 4.0, "mmpose/NME": NaN}')
        else:
            assert arguments[arguments.index('--labelled') + 1:] == ['50', 'all']
            out.write_text(json.dumps(dict(rows=[dict(n=50, error=3.0, unit=DISTANCE['unit'])],
                                           checkpoint='/here', config='/there')))


@pytest.fixture
def code(monkeypatch):
    """The code's version; a test may set another."""
    class Code:
        version = version('c', 'a')
        changes = []

    def current(root):
        return Code.changes.pop(0) if Code.changes else Code.version

    Code.changes = []
    monkeypatch.setattr(module, 'code_version', current)
    return Code


@pytest.fixture
def run(tmp_path, code):
    """``run(...)`` a sitting; its ``tools``, ``said`` and results."""
    (tmp_path / 'one.py').write_text(CONFIG)
    (tmp_path / 'study.py').write_text(STUDY)

    class Sitting:
        tools, said = Tools(), []

        def __call__(self, names=None, **options):
            study = read_study(tmp_path / 'study.py')
            runner = StudyRunner(study, tmp_path, tmp_path / 'work',
                                 start=self.tools, say=self.said.append)
            self.tools.started = []
            rows = [row for row in study.rows if names is None or row.name in names]
            return runner.run(rows, **options)

        @staticmethod
        def result(name):
            return json.loads((tmp_path / f'results/{name}.json').read_text())

        @staticmethod
        def folders(name):
            return sorted((tmp_path / 'work/tiny' / name).iterdir())

    Sitting.said = []
    return Sitting()


def test_a_row_trains_tests_regresses_and_says_what_it_was(run):
    assert run() == []
    assert run.tools.started == ['train', 'test', 'regress', 'train', 'test']
    one, two = run.result('one'), run.result('two')
    assert (one['iterations'], two['iterations']) == (10, 20)
    assert (one['minutes'], two['minutes']) == (1.0, 2.0)  # iterations of 6 s
    assert one['metrics'] == {'keypoint_distance/direct': 4.0, 'mmpose/NME': None}
    assert one['distance'] == {k: v for k, v in DISTANCE.items() if k != 'per_joint'}
    assert one['regress'] == dict(rows=[dict(n=50, error=3.0, unit=DISTANCE['unit'])])
    assert two['regress'] == {} and one['labelled'] == [50, 'all']
    assert one['seed'] == 5 and one['commit'] == 'a' * 40 and one['dirty'] is False
    assert one['config_hash'] != two['config_hash'] and one['machine']['threads'] == 1
    assert re.fullmatch(r'\d{4}-\d\d-\d\d', one['date'])


def test_the_tools_get_the_resolved_config(run):
    run(['one'])
    assert 'seed=5' in (run.folders('one')[0] / 'config.py').read_text()
    digest = run.result('one')['config_hash']
    assert run.folders('one')[0].name == f'{digest[:12]}_{"c" * 12}'


def test_progress_names_row_number_and_time(run):
    run()
    assert all(re.match(r'0:0\d:\d\d  \[', line) for line in run.said)
    assert [re.sub(r'^\S+  |, log .*|: /.*', '', line) for line in run.said] == [
        '[1/2] one: train (0 of 10 iterations done)', '[1/2] one: test', '[1/2] one: regress',
        '[1/2] one: done', '[2/2] two: train (0 of 20 iterations done)', '[2/2] two: test',
        '[2/2] two: done']


def test_a_done_row_is_skipped(run):
    run()
    before = run.result('one')
    assert run() == [] and run.tools.started == []
    assert run.result('one') == before and run.said[-1].endswith('[2/2] two: done, kept')


def test_another_configuration_runs_again(run, tmp_path):
    run()
    (tmp_path / 'study.py').write_text(STUDY.replace(': 20', ': 30'))
    run()
    assert run.tools.started == ['train', 'test'] and run.result('two')['iterations'] == 30
    assert len(run.folders('two')) == 2


def test_other_code_runs_again_unless_stale_rows_are_kept(run, code):
    run(['two'])
    code.version = version('d', 'b')
    run(['two'], keep_stale=True)
    assert run.tools.started == [] and run.result('two')['commit'] == 'a' * 40
    run(['two'])
    # From the start: the other code's checkpoint is not gone on from.
    assert run.tools.started == ['train', 'test'] and run.result('two')['commit'] == 'b' * 40
    assert len(run.folders('two')) == 2


def test_keep_stale_keeps_no_row_of_another_configuration(run, tmp_path):
    run(['two'])
    (tmp_path / 'study.py').write_text(STUDY.replace(': 20', ': 30'))
    run(['two'], keep_stale=True)
    assert run.tools.started == ['train', 'test']


def test_a_dirty_row_says_so(run, code):
    code.version = version('e', 'a', dirty=True)
    run(['two'])
    assert run.result('two')['dirty'] is True
    run(['two'])
    assert run.tools.started == []
    code.version = version('c', 'a')
    run(['two'])
    assert run.tools.started == ['train', 'test'] and run.result('two')['dirty'] is False


def test_code_edited_while_a_row_runs_makes_it_dirty(run, code):
    code.changes = [version('c', 'a'), version('d', 'b')]
    run(['two'])
    result = run.result('two')
    assert result['dirty'] and result['code'] == 'edited while the row ran'


def test_force_starts_over(run):
    run(['one'])
    (run.folders('one')[0] / 'old').touch()
    run(['one'], force=True)
    assert run.tools.started == ['train', 'test', 'regress']
    assert not (run.folders('one')[0] / 'old').exists()


def test_an_interrupted_row_goes_on_where_it_was(run, tmp_path):
    run.tools.dies, run.tools.stops_at = 'train', 4
    with pytest.raises(KeyboardInterrupt):
        run(['one'])
    assert not (tmp_path / 'results').exists()
    run.tools.dies = 'regress'
    with pytest.raises(KeyboardInterrupt):
        run(['one'])
    assert '4 of 10 iterations done' in run.said[1]
    run(['one'])
    # Training and test were whole; the regression's file was not yet in its place.
    assert run.tools.started == ['regress'] and run.result('one')['iterations'] == 10


def test_another_regression_trains_nothing_again(run, tmp_path):
    (tmp_path / 'study.py').write_text(STUDY.replace(", regress=[50, 'all']", ''))
    run(['one'])
    (tmp_path / 'study.py').write_text(STUDY)
    run(['one'])
    assert run.tools.started == ['regress']


def test_a_failed_row_is_reported_and_holds_up_no_other(run):
    run.tools.fails = 'train'
    assert run() == ['one']
    assert run.tools.started == ['train', 'train', 'test']
    failure = next(line for line in run.said if 'FAILED' in line)
    assert 'tools/train.py ended with status 3' in failure and 'bad luck' in failure
    assert run() == [] and run.tools.started == ['train', 'test', 'regress']


def test_training_that_stops_short_is_no_result(run):
    run.tools.stops_at = 4
    assert run(['one']) == ['one']
    assert 'without a checkpoint of iteration 10' in run.said[-1]


def test_launch_appends_to_the_log_and_returns_the_status(tmp_path):
    log = tmp_path / 'log'
    for word, status in (('first', 0), ('second', 4)):
        program = f'import sys; print("{word}", flush=True); sys.exit({status})'
        assert launch([sys.executable, '-S', '-c', program], log, tmp_path) == status
    assert log.read_text() == 'first\nsecond\n'


def test_launch_takes_its_child_along(tmp_path):
    """SIGTERM to the study, which raises as Ctrl-C does, ends the tool that runs."""
    program = (
        'import signal, sys; from pathlib import Path\n'
        'from projects.studies.runner import launch\n'
        'signal.signal(signal.SIGTERM, signal.default_int_handler)\n'
        'child = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"\n'
        f'launch([sys.executable, "-S", "-c", child], Path("{tmp_path}/log"), Path("{ROOT}"))\n')
    study = subprocess.Popen([sys.executable, '-c', program], cwd=ROOT, stderr=subprocess.PIPE,
                             env=dict(os.environ, PYTHONPATH=str(ROOT)))
    log = tmp_path / 'log'
    deadline = time.monotonic() + 120
    while not (log.exists() and log.read_text().endswith('\n')):
        assert study.poll() is None and time.monotonic() < deadline
        time.sleep(0.1)
    study.terminate()
    assert b'KeyboardInterrupt' in study.communicate(timeout=30)[1]
    with pytest.raises(ProcessLookupError):
        os.kill(int(log.read_text()), 0)


@pytest.mark.slow
def test_with_the_tools_themselves(tmp_path, code):
    config = tiny_config(tmp_path / 'unused', 2, 3, validate=True)
    config.regression_dataloader = config.test_dataloader
    config.dump(tmp_path / 'one.py')
    for folder in ('tools', 'projects', 'ikp_mm'):
        (tmp_path / folder).symlink_to(ROOT / folder)
    (tmp_path / 'study.py').write_text(STUDY.split('rows =')[0] + (
        "rows = [dict(_same, name='one', label='one', overrides={}, seed=0, regress=[2])]\n"))
    study = read_study(tmp_path / 'study.py')
    said = []
    runner = StudyRunner(study, tmp_path, tmp_path / 'work', say=said.append)
    assert runner.run(study.rows) == [], '\n'.join(said)
    result = json.loads((tmp_path / 'results/one.json').read_text())
    assert result['iterations'] == 3 and 0 < result['distance']['results']['direct'] < 100
    assert [row['n'] for row in result['regress']['rows']] == [2]
    assert runner.run(study.rows) == [] and said[-1].endswith('one: done, kept')
