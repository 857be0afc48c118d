"""MMPose's analyze_logs.py on our logs.

It reads epoch-based logs and skips lines without ``epoch``, and it wants every key in every line:
one line of sed makes a stage's lines such a log (docs/export.md).
"""
import json
import subprocess

import matplotlib.pyplot as plt
import numpy as np
import pytest

SED = """grep '"stage": {stage}' {log} | sed 's/}}$/, "epoch": 1}}/' > {out}"""


@pytest.fixture(autouse=True)
def without_a_display(monkeypatch):
    pytest.importorskip('seaborn', reason='MMPose\'s log plots need seaborn: make extras')
    plt.switch_backend('agg')
    yield
    plt.close('all')


@pytest.fixture(params=[1, 2])
def stage(request):
    return request.param


@pytest.fixture
def stage_log(tiny_run, tmp_path, stage):
    out = tmp_path / f'stage{stage}.json'
    subprocess.run(SED.format(stage=stage, log=tiny_run.log, out=out), shell=True, check=True)
    return out


def lines(log) -> list[dict]:
    return [json.loads(line) for line in log.read_text().splitlines()]


def test_one_line_a_logged_iteration(tiny_run):
    logged = lines(tiny_run.log)
    train = [line for line in logged if 'stage' in line]
    assert [(line['stage'], line['iter'], line['step']) for line in train] == [
        (1, 1, 1), (1, 2, 2), (2, 3, 3), (2, 4, 4)]
    validations = [line for line in logged if 'label_free/score' in line]
    assert [line['step'] for line in validations] == [2, 4]
    assert len(logged) == len(train) + len(validations)


def test_plot_curve(tiny_run, stage_log, stage, stock_tool, tmp_path, monkeypatch):
    drawn = {}
    plot = plt.plot
    monkeypatch.setattr(plt, 'plot', lambda xs, ys, label, **options: (
        drawn.update({label: (xs, ys)}), plot(xs, ys, label=label, **options)))
    keys = ['loss_prior'] if stage == 1 else ['loss_prior', 'loss_gan', 'loss_d']
    stock_tool('analysis_tools/analyze_logs.py', 'plot_curve', stage_log, '--keys', *keys,
               '--legend', *keys, '--out', tmp_path / 'curves.png')
    assert (tmp_path / 'curves.png').stat().st_size > 1000
    expected = [line for line in lines(tiny_run.log) if line.get('stage') == stage]
    assert list(drawn) == keys
    for key, (steps, values) in drawn.items():
        assert steps.tolist() == [line['step'] for line in expected]
        np.testing.assert_array_equal(values, [line[key] for line in expected])


def test_cal_train_time(tiny_run, stage_log, stage, stock_tool, capsys):
    stock_tool('analysis_tools/analyze_logs.py', 'cal_train_time', stage_log,
               '--include-outliers')
    times = [line['time'] for line in lines(tiny_run.log) if line.get('stage') == stage]
    assert f'average iter time: {np.mean(times):.4f} s/iter' in capsys.readouterr().out


def test_the_log_as_it_is_has_no_epochs(tiny_run, stock_tool):
    """As any iteration-based log of MMEngine."""
    with pytest.raises(IndexError):
        stock_tool('analysis_tools/analyze_logs.py', 'plot_curve', tiny_run.log, '--keys',
                   'loss_prior', '--out', 'never.png')
