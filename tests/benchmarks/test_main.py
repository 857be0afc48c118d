import json
import sys

import pytest
import torch

from benchmarks import __main__ as bench


@pytest.fixture
def fakes(monkeypatch):
    monkeypatch.setattr(bench, 'SECTIONS', {
        'one': ('First', lambda device: dict(device=device, ms=2.0), lambda r: f"{r['ms']} ms"),
        'two': ('Second', lambda device: [1, 2], lambda r: f'{sum(r)} in all')})


def test_sections_are_measured_printed_and_written(fakes, tmp_path):
    said = []
    result = bench.run(['two', 'one'], 'cpu', tmp_path / 'bench', said.append)
    assert list(result['sections']) == ['two', 'one']
    assert result['sections'] == dict(two=[1, 2], one=dict(device='cpu', ms=2.0))
    assert json.loads((tmp_path / 'bench/bench.json').read_text()) == result
    text = (tmp_path / 'bench/bench.md').read_text()
    assert text.index('## Second\n\n3 in all') < text.index('## First\n\n2.0 ms')
    assert result['date'] in text and f"torch {torch.__version__}" in text
    assert any('3 in all' in line for line in said)


def test_an_unknown_section_is_refused(fakes, monkeypatch, capsys):
    monkeypatch.setattr(sys, 'argv', ['benchmarks', '--sections', 'three'])
    with pytest.raises(SystemExit):
        bench.main()
    assert "invalid choice: 'three'" in capsys.readouterr().err


def test_a_gpu_that_is_not_there_is_refused(fakes, tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    with pytest.raises(RuntimeError, match='torch sees no GPU'):
        bench.run(['one'], 'cuda', tmp_path)
