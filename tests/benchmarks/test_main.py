import json
import sys

import pytest
import torch

from benchmarks import __main__ as bench


@pytest.fixture
def fakes(monkeypatch):
    monkeypatch.setattr(bench, 'SECTIONS', {
        'one': ('First', lambda device: [dict(device=device, a=2)]),
        'two': ('Second', lambda device: [dict(b=1.5), dict(b=2)])})


def test_sections_are_measured_printed_and_written(fakes, tmp_path, capsys):
    result = bench.run(['two', 'one'], 'cpu', tmp_path / 'bench')
    assert list(result['sections']) == ['two', 'one']
    assert result['sections'] == dict(two=[dict(b=1.5), dict(b=2)], one=[dict(device='cpu', a=2)])
    assert json.loads((tmp_path / 'bench/bench.json').read_text()) == result
    text = (tmp_path / 'bench/bench.md').read_text()
    second = '## Second\n\n| b |\n| --- |\n| 1.5 |\n| 2 |'
    assert text.index(second) < text.index('## First\n\n| device | a |')
    assert result['date'] in text and f"torch {torch.__version__}" in text
    assert second in capsys.readouterr().out


def test_an_unknown_section_is_refused(fakes, monkeypatch, capsys):
    monkeypatch.setattr(sys, 'argv', ['benchmarks', '--sections', 'three'])
    with pytest.raises(SystemExit):
        bench.parse_args()
    assert "invalid choice: 'three'" in capsys.readouterr().err


def test_a_gpu_that_is_not_there_is_refused(fakes, tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    with pytest.raises(RuntimeError, match='torch sees no GPU'):
        bench.run(['one'], 'cuda', tmp_path)
