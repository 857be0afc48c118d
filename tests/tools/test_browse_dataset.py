"""tools/browse_dataset.py: pictures, table, and the warning of a mis-framed prior."""
import cv2
import numpy as np
import pytest
from mmengine.config import Config

from ikp_mm.synthetic import generate_poses

from tiny_run import ROOT, run_tool, tiny_config


@pytest.fixture
def config(tmp_path):
    """Synthetic people as shipped, fewer of them."""
    cfg = Config.fromfile(ROOT / 'configs/ikp_synthetic.py')
    cfg.train_dataloader.dataset.clips.update(num_clips=30)
    cfg.train_cfg.prior_dataloader.dataset.poses.num_poses = 2000
    path = tmp_path / 'people.py'
    cfg.dump(path)
    return path


def browse(monkeypatch, config, out, *options):
    run_tool(monkeypatch, 'browse_dataset.py', config, '--out', out, '--num', 2, '--draws', 40,
             options=options)


def test_well_framed(config, tmp_path, monkeypatch, capsys):
    browse(monkeypatch, config, tmp_path / 'out')
    printed = capsys.readouterr().out
    assert 'WARNING' not in printed and 'framed alike' in printed
    assert '30 clips; 2000 poses of 17 joints' in printed
    assert "prior's joints, 40" in printed and 'figures, 40' in printed
    for name in ('sheet.png', 'joints.png'):
        assert cv2.imread(str(tmp_path / 'out' / name)) is not None


@pytest.mark.parametrize('change, words', [
    (lambda p: (p - 0.5) * 0.6 + 0.5, 'too small'), (lambda p: p + 0.2, 'right of the figures')])
def test_mis_framed(config, tmp_path, monkeypatch, capsys, change, words):
    np.savez(tmp_path / 'poses.npz', keypoints=change(generate_poses(0, 2000)))
    cfg = Config.fromfile(config)
    cfg.train_cfg.prior_dataloader.dataset.update(poses=str(tmp_path / 'poses.npz'),
                                                  frame='image')
    cfg.dump(tmp_path / 'off.py')
    browse(monkeypatch, tmp_path / 'off.py', tmp_path / 'out')
    printed = capsys.readouterr().out
    assert 'WARNING: THE PRIOR IS NOT FRAMED LIKE THE FIGURES' in printed and words in printed


def test_without_a_background_it_says_how_weak_it_is(config, tmp_path, monkeypatch, capsys):
    cfg = Config.fromfile(config)
    cfg.train_dataloader.dataset.update(background=None, mask=None)
    cfg.dump(tmp_path / 'plain.py')
    browse(monkeypatch, tmp_path / 'plain.py', tmp_path / 'out')
    printed = capsys.readouterr().out
    assert 'motion within the clips: a WEAK estimate' in printed and 'WARNING' not in printed


def test_a_config_without_pairs_is_refused(tmp_path, monkeypatch):
    cfg = tiny_config(tmp_path)
    cfg.train_cfg.pop('prior_dataloader')
    cfg.dump(tmp_path / 'none.py')
    with pytest.raises(SystemExit, match='does not train on frame pairs'):
        browse(monkeypatch, tmp_path / 'none.py', tmp_path / 'out')
