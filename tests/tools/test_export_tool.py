"""tools/export.py and tools/publish_model.py, from the command line's words to their files."""
import json
import runpy
import sys

import pytest

from ikp_mm.inference import load_predictor
from tiny_export import ROOT, save_people


def run(monkeypatch, script, *arguments):
    monkeypatch.setattr(sys, 'argv', [script, *map(str, arguments)])
    runpy.run_path(str(ROOT / 'tools' / script), run_name='__main__')


def publish(monkeypatch, folder):
    (folder / 'result.json').write_text('{"direct": 12.5}')
    run(monkeypatch, 'publish_model.py', save_people(folder / 'full.pth'), '--name', 'people',
        '--train-command', 'train', '--result', folder / 'result.json', '--out', folder / 'zoo',
        '--code-version', '0123abc', '--check', 4)
    return next((folder / 'zoo').iterdir())


def test_publish(monkeypatch, tmp_path, capsys):
    slim = publish(monkeypatch, tmp_path)
    assert slim.name.startswith('people-') and slim.suffix == '.pth'
    said = capsys.readouterr().out
    assert f'{slim}: 0.0' in said and 'half precision moves a coordinate by at most' in said


def test_export_of_a_slim_checkpoint(monkeypatch, tmp_path, capsys):
    pytest.importorskip('onnx', reason='exporting needs onnx')
    pytest.importorskip('onnxruntime', reason='running ONNX files needs onnxruntime')
    slim = publish(monkeypatch, tmp_path)
    run(monkeypatch, 'export.py', slim, '--backend', 'torch', '--dynamic', '--scores',
        '--frames', 4)
    folder = slim.with_name(f'{slim.stem}_onnx')
    assert sorted(path.name for path in folder.iterdir()) == ['end2end.onnx', 'export.json']
    assert load_predictor(folder / 'end2end.onnx').has_scores is True
    report = json.loads((folder / 'export.json').read_text())
    assert report['crops'] == '4 of the 16 frames of the test set'
    assert report['files'][0]['added']['coordinate'] <= 1e-5
    assert 'written to' in capsys.readouterr().out
