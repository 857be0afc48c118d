"""The command."""
import sys

import pytest
import torch

from benchmarks import __main__ as bench


@pytest.fixture
def run(monkeypatch, tmp_path):
    """The command with sections of ours; gives what it wrote."""
    timing = dict(ms=1.5, low=1.0, high=2.0)
    monkeypatch.setattr(bench, 'SECTIONS', dict(
        one=lambda device: [dict(device=device, **timing)], two=lambda device: [timing] * 2))
    monkeypatch.chdir(tmp_path)

    def tool(*arguments):
        monkeypatch.setattr(sys, 'argv', ['benchmarks', *arguments])
        bench.main(bench.parse_args())
        return (tmp_path / 'work_dirs/bench/bench.md').read_text()
    return tool


def test_sections_are_measured_printed_and_written(run, capsys):
    text = run()
    first = '## one\n\n| device | ms |\n| --- | --- |\n| cpu | 1.5 (1 - 2) |\n'
    second = '## two\n\n| ms |\n| --- |\n| 1.5 (1 - 2) |\n| 1.5 (1 - 2) |\n'
    assert text.endswith(f'\n{first}\n{second}')
    assert text.startswith('Measured on 20') and f'torch {torch.__version__}' in text
    assert capsys.readouterr().out.startswith(text)


def test_one_section(run):
    text = run('--sections', 'two')
    assert '## two' in text and '## one' not in text


def test_an_unknown_section_is_refused(run, capsys):
    with pytest.raises(SystemExit):
        run('--sections', 'three')
    assert "invalid choice: 'three'" in capsys.readouterr().err


def test_a_gpu_that_is_not_there_is_refused(run, monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    with pytest.raises(RuntimeError, match='torch sees no GPU'):
        run('--device', 'cuda')
