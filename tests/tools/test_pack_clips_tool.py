"""tools/pack_clips.py: clips are packed, what to write is printed, errors are one line."""
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

from ikp_mm.clips import FolderClips, PackedClips

from tiny_videos import moving_square, write_frames

pytest.importorskip('lmdb')
ROOT = Path(__file__).resolve().parents[2]
CONFIG = """
train_dataloader = dict(dataset=dict(
    type='FramePairDataset', clips=dict(type='FolderClips', root={root!r}), image_size=32,
    background=dict(source='clip_median', threshold=16.0, fill=127)))
"""


@pytest.fixture
def pack_clips(tmp_path, monkeypatch, capsys):
    """Packs two clips of six frames by a config; returns what is printed, line by line."""
    for name in 'ab':
        write_frames(tmp_path / 'clips' / name, moving_square(6))
    (tmp_path / 'config.py').write_text(CONFIG.format(root=str(tmp_path / 'clips')))

    def call(*arguments, config='config.py'):
        monkeypatch.setattr(sys, 'argv', ['pack_clips.py', str(tmp_path / config),
                                          '--out', str(tmp_path / 'packed'), *arguments])
        runpy.run_path(str(ROOT / 'tools/pack_clips.py'), run_name='__main__')
        return capsys.readouterr().out.splitlines()
    return call


def test_a_config_is_packed(pack_clips, tmp_path):
    frames = sorted((tmp_path / 'clips/b').iterdir())
    frames[2].write_bytes(frames[2].read_bytes()[:100])
    out = tmp_path / 'packed'
    lines = pack_clips('--image-size', '16', '--cfg-options',
                       'train_dataloader.dataset.clips.non_square=crop')
    assert lines[0].startswith(f'{out}: 2 clips, 12 frames, ')
    assert lines[1] == 'unreadable: 1' and lines[2].startswith(f'  {frames[2]}: ')
    assert lines[3:] == ['in the dataset of the config:',
                         f"  clips=dict(type='PackedClips', path='{out}'),"]
    source = FolderClips(str(tmp_path / 'clips'), 16, non_square='crop')
    packed = PackedClips(str(out), 16)
    assert np.array_equal(packed.frame(1, 5), source.frame(1, 5))
    assert packed.background(0) is None


def test_medians_at_the_size_of_the_config(pack_clips, tmp_path):
    lines = pack_clips('--medians', '--cfg-options',
                       'train_dataloader.dataset.clips.non_square=crop')
    assert lines[-1] == "  background=dict(source='given', threshold=16.0, fill=127),"
    assert PackedClips(str(tmp_path / 'packed'), 32).background(0).shape == (32, 32, 3)


def test_masks_where_the_config_weighs_by_them(pack_clips):
    with pytest.raises(SystemExit, match='FolderClips does not give .it has no method mask'):
        pack_clips('--cfg-options', 'train_dataloader.dataset.background.source=mask')


@pytest.mark.parametrize('options, message', [
    ([], 'packed exists; give --overwrite'),
    (['--overwrite'], 'packed is in the way: it holds no packed.json'),
    (['--medians', '--cfg-options', 'train_dataloader.dataset.background.source=mask'],
     "packing medians needs a config whose dataset has background=dict(source='clip_median')"),
    (['--medians', '--cfg-options', 'train_dataloader.dataset.background=None'], 'it has None')])
def test_errors_are_one_line(pack_clips, tmp_path, options, message):
    (tmp_path / 'packed').mkdir()
    with pytest.raises(SystemExit) as caught:
        pack_clips(*options)
    assert message in caught.value.code and '\n' not in caught.value.code


def test_a_source_that_is_not_registered(pack_clips, tmp_path):
    with pytest.raises(SystemExit, match='Nothing is not in the'):
        pack_clips('--cfg-options', 'train_dataloader.dataset.clips.type=Nothing')
    assert not (tmp_path / 'packed').exists()


def test_a_config_without_clips(pack_clips, tmp_path):
    (tmp_path / 'other.py').write_text('train_dataloader = dict(dataset=dict(type="CocoDataset"))')
    with pytest.raises(SystemExit, match='no train_dataloader.dataset.clips'):
        pack_clips(config='other.py')
