"""Seeds of one config: what is run, kept, written and printed. The tools are stood in for at the
seam where they are started."""
import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from projects import run_seeds as module
from projects.run_seeds import MODES, main, make_row, start, summary
from tiny_run import ROOT


class Tools:
    """Stands in for ``start``; dies at the first start of the tool that ``dies`` names."""

    def __init__(self):
        self.started, self.dies = [], None

    def __call__(self, tool, config, *arguments):
        arguments = list(map(str, arguments))
        self.started.append((tool, str(config), arguments))
        if self.dies == tool:
            self.dies = None
            raise KeyboardInterrupt
        work = Path(arguments[arguments.index('--work-dir') + 1])
        work.mkdir(parents=True, exist_ok=True)
        if tool == 'tools/train.py':
            hub = dict(log_scalars={'train/time': dict(values=torch.full((10, ), 6.3))})
            torch.save(dict(meta=dict(iter=10), message_hub=hub), work / 'iter_10.pth')
            (work / 'last_checkpoint').write_text(str(work / 'iter_10.pth'))
        else:
            assert arguments[0] == str(work / 'last_checkpoint')
            seed = int(work.name[-1])
            (work / 'metrics.json').write_text(json.dumps({
                f'keypoint_distance/{mode}': 4.0 + seed + number / 10
                for number, mode in enumerate(MODES)}))


@pytest.fixture
def tools(tmp_path, monkeypatch):
    stand_in = Tools()
    monkeypatch.setattr(module, 'start', stand_in)
    monkeypatch.setattr(module, 'ROOT', tmp_path)
    return stand_in


@pytest.fixture
def run(tools, tmp_path, monkeypatch):
    """The command on ``<tmp_path>/one.py``."""
    def tool(*arguments):
        monkeypatch.setattr(sys, 'argv', ['run_seeds', str(tmp_path / 'one.py'), *arguments])
        tools.started = []
        main()
        return json.loads((tmp_path / 'results.json').read_text())
    return tool


def test_a_row_is_trained_and_tested(tools, tmp_path):
    work = tmp_path / 'work_3'
    row = make_row('one.py', work, 3, '--show-dir', work)
    assert tools.started == [
        ('tools/train.py', 'one.py', ['--work-dir', str(work), '--resume', '--cfg-options',
                                      'randomness.seed=3']),
        ('tools/test.py', 'one.py', [str(work / 'last_checkpoint'), '--work-dir', str(work),
                                     '--out', str(work / 'metrics.json'), '--show-dir',
                                     str(work)])]
    # Ten iterations of 6.3 s.
    assert (row['seed'], row['iterations'], row['minutes']) == (3, 10, 1.05)
    assert row['keypoint_distance/direct'] == 7.0


def test_rows_and_means_are_written_and_printed(run, tmp_path, capsys):
    result = run('--seeds', '1', '0')
    assert list(result)[:4] == ['direct', 'direct_each', 'flip_corrected', 'flip_corrected_each']
    assert result['direct_each'] == [5.0, 4.0] and result['direct'] == 4.5
    assert (result['seeds'], result['unit'], result['minutes']) == (
        [1, 0], '% of the image side', 1.1)
    row = json.loads((tmp_path / 'work_dirs/one/seed_1/row.json').read_text())
    assert (row['seed'], row['minutes'], row['keypoint_distance/nearest_prior']) == (1, 1.05, 5.5)
    assert capsys.readouterr().out == f'''\
| | direct | flip_corrected | flip_aware | mean_pose | box_mean_pose | nearest_prior | minutes |
|---|---|---|---|---|---|---|---|
| seed 1 | 5.00 | 5.10 | 5.20 | 5.30 | 5.40 | 5.50 | 1.1 |
| seed 0 | 4.00 | 4.10 | 4.20 | 4.30 | 4.40 | 4.50 | 1.1 |
| mean | 4.50 | 4.60 | 4.70 | 4.80 | 4.90 | 5.00 | 1.1 |
{tmp_path / 'results.json'}
'''


def test_an_interrupted_call_goes_on(run, tools, tmp_path):
    tools.dies = 'tools/test.py'
    with pytest.raises(KeyboardInterrupt):
        run('--seeds', '0')
    assert not (tmp_path / 'work_dirs/one/seed_0/row.json').exists()
    run('--seeds', '0')
    assert len(tools.started) == 2
    result = run('--seeds', '0', '1')
    assert [arguments[-1] for tool, _, arguments in tools.started if 'train' in tool] == [
        'randomness.seed=1']
    assert run('--seeds', '0', '1') == result and tools.started == []


def test_a_row_that_is_there_is_read_as_it_is(run, tools, tmp_path, capsys):
    work = tmp_path / 'work_dirs/one/seed_0'
    work.mkdir(parents=True)
    figures = {f'other/{mode}': 1.23456 for mode in MODES}
    (work / 'row.json').write_text(json.dumps(dict(seed=0, minutes=12.3, **figures)))
    result = run('--seeds', '0', '--prefix', 'other', '--unit', 'pixels')
    assert tools.started == []
    assert (result['direct'], result['unit'], result['minutes']) == (1.235, 'pixels', 12.3)
    assert '| seed 0 | 1.23 ' in capsys.readouterr().out


@pytest.mark.parametrize('path', sorted((ROOT / 'projects').glob('*/results.json')),
                         ids=lambda path: path.parent.name)
def test_results_that_are_shipped_are_of_this_form(path):
    stored = json.loads(path.read_text())
    rows = [dict(seed=seed, minutes=stored['minutes'],
                 **{f'm/{mode}': stored[f'{mode}_each'][index] for mode in MODES})
            for index, seed in enumerate(stored['seeds'])]
    made = summary(rows, 'm', stored['unit'])
    assert list(made) == list(stored)
    for key, value in stored.items():
        # Means were taken before rounding to 0.001.
        assert made[key] == (value if isinstance(value, (list, str))
                             else pytest.approx(value, abs=1.5e-3))


def test_tools_run_at_the_root_with_one_thread(tmp_path, monkeypatch):
    monkeypatch.setenv('PYTHONPATH', '/theirs')
    monkeypatch.setenv('OMP_NUM_THREADS', '7')
    out = tmp_path / 'out'
    start('-S', '-c', 'import os, sys; open(sys.argv[1], "w").write(" ".join([os.getcwd(), '
          'os.environ["PYTHONPATH"], os.environ["OMP_NUM_THREADS"]]))', out)
    assert out.read_text() == f'{ROOT} {ROOT}:/theirs 1'


def test_a_tool_that_fails_ends_the_call():
    with pytest.raises(subprocess.CalledProcessError):
        start('-S', '-c', 'raise SystemExit(3)')
