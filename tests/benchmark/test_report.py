import json

import pytest
import torch

from ikp_mm.benchmark import report


@pytest.fixture
def fakes(monkeypatch):
    monkeypatch.setattr(report, 'SECTIONS', {
        'one': ('First', lambda device, before: dict(device=device, ms=2.0),
                lambda r: f"{r['ms']} ms"),
        'two': ('Second', lambda device, before: [1, 2], lambda r: f'{sum(r)} in all')})


def test_sections_are_measured_printed_and_written(fakes, tmp_path):
    said = []
    result = report.run(['two', 'one'], 'cpu', tmp_path / 'bench', said.append)
    assert list(result['sections']) == ['two', 'one']
    assert result['sections'] == dict(two=[1, 2], one=dict(device='cpu', ms=2.0))
    assert json.loads((tmp_path / 'bench/bench.json').read_text()) == result
    text = (tmp_path / 'bench/bench.md').read_text()
    assert text.index('## Second\n\n3 in all') < text.index('## First\n\n2.0 ms')
    assert result['date'] in text and f"torch {torch.__version__}" in text
    assert any('3 in all' in line for line in said)


def test_an_unknown_section_is_refused(fakes, tmp_path):
    with pytest.raises(ValueError, match="no section 'three'; there are one, two"):
        report.run(['one', 'three'], 'cpu', tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_gpu_that_is_not_there_is_refused(fakes, tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    with pytest.raises(RuntimeError, match='torch sees no GPU'):
        report.run(['one'], 'cuda', tmp_path)


def test_networks_that_are_stepped():
    """Batch 4 at 128 px, and the CPU size, on a CPU."""
    assert [(name.split('/')[-1], batch) for name, batch in report.sizes('cpu')] == [
        ('ikp_synthetic_without_figures.py', 16), ('ikp_synthetic_128.py', 4)]
