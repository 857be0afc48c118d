"""tools/make_synthetic.py and tools/pseudo_label.py: arguments, summary, exit status."""
import json
import runpy
import sys

import pytest

from tiny_checkpoint import save_tiny
from tiny_run import ROOT


def run(monkeypatch, tool, *arguments):
    monkeypatch.setattr(sys, 'argv', [tool, *map(str, arguments)])
    runpy.run_path(str(ROOT / 'tools' / tool), run_name='__main__')


@pytest.fixture
def clips(tmp_path, monkeypatch, capsys):
    run(monkeypatch, 'make_synthetic.py', 'people', '--out', tmp_path / 'data', '--num-clips', 2,
        '--frames-per-clip', 3, '--size', 32)
    assert '2 clips, 6 images, 0 videos' in capsys.readouterr().out
    return tmp_path / 'data/clips'


def test_labels(clips, tmp_path, monkeypatch, capsys):
    model = save_tiny(tmp_path / 'mouse.pth')
    out = tmp_path / 'out'
    run(monkeypatch, 'pseudo_label.py', model, clips, '--out', out, '--filter', 'savgol',
        '--box', 'square')
    printed = capsys.readouterr().out
    assert '6 of 6 frames labelled, 2 sources' in printed
    assert '6 images' in printed and f"data_prefix=dict(img='{clips}')" in printed
    content = json.loads((out / 'keypoints.json').read_text())
    assert content['categories'][0]['keypoints'] == ['snout', 'leftear', 'rightear', 'tailbase']
    assert content['info']['temporal_filter'] == dict(method='savgol', window=5, max_gap=2)
    assert '--filter savgol' in content['info']['command']
    assert len(list((out / 'deeplabcut').iterdir())) == 8  # two sources, filtered or not, csv, h5
    with pytest.raises(SystemExit, match='is there already'):
        run(monkeypatch, 'pseudo_label.py', model, clips, '--out', out)


def test_a_source_that_fails_is_an_exit_status(clips, tmp_path, monkeypatch, capsys):
    (clips / 'bad.mp4').write_bytes(b'no video')
    with pytest.raises(SystemExit) as exit_:
        run(monkeypatch, 'pseudo_label.py', save_tiny(tmp_path / 'mouse.pth'), clips, '--out',
            tmp_path / 'out', '--frames-out', tmp_path / 'frames', '--formats', 'coco')
    assert exit_.value.code == 1
    assert 'FAILED' in capsys.readouterr().out


def test_arguments_that_go_together(tmp_path, monkeypatch, capsys):
    with pytest.raises(SystemExit):
        run(monkeypatch, 'pseudo_label.py', 'm.pth', tmp_path, '--out', tmp_path / 'out',
            '--dlc-project', tmp_path)
    assert '--dlc-project and --dlc-scorer go together' in capsys.readouterr().err


def test_a_bad_window_is_refused_before_anything_is_replaced(clips, tmp_path, monkeypatch):
    with pytest.raises(SystemExit, match='window must be odd and at least 3 frames, got 4'):
        run(monkeypatch, 'pseudo_label.py', save_tiny(tmp_path / 'mouse.pth'), clips, '--out',
            tmp_path / 'out', '--filter', 'median', '--window', 4)
    assert not (tmp_path / 'out').exists()


def test_a_missing_model_is_named(tmp_path, monkeypatch):
    with pytest.raises(SystemExit, match='m.pth does not exist'):
        run(monkeypatch, 'pseudo_label.py', tmp_path / 'm.pth', tmp_path, '--out', tmp_path / 'o')
