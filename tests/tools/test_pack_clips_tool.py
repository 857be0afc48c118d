"""tools/pack_clips.py: a folder is packed, what to write is printed, errors are one line."""
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

from ikp_mm.clips import FolderClips, PackedClips

from tiny_videos import moving_square, write_frames

pytest.importorskip('lmdb')
ROOT = Path(__file__).resolve().parents[2]


def pack_clips(monkeypatch, *arguments):
    monkeypatch.setattr(sys, 'argv', ['pack_clips.py', *map(str, arguments)])
    runpy.run_path(str(ROOT / 'tools/pack_clips.py'), run_name='__main__')


def test_a_folder_is_packed(tmp_path, monkeypatch, capsys):
    for name in 'ab':
        write_frames(tmp_path / 'clips' / name, moving_square(6))
    frames = sorted((tmp_path / 'clips/b').iterdir())
    frames[2].write_bytes(frames[2].read_bytes()[:100])
    out = tmp_path / 'packed'
    pack_clips(monkeypatch, tmp_path / 'clips', '--out', out, '--image-size', 16, '--codec', 'png',
               '--cfg-options', 'non_square=crop')
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f'{out}: 2 clips, 12 frames, ')
    assert lines[1] == 'unreadable: 1' and lines[2].startswith(f'  {frames[2]}: ')
    assert lines[3:] == ['in the dataset of the config:',
                         f"  clips=dict(type='PackedClips', path='{out}'),"]
    source = FolderClips(str(tmp_path / 'clips'), 16, non_square='crop')
    assert np.array_equal(PackedClips(str(out), 16).frame(1, 5), source.frame(1, 5))


@pytest.mark.parametrize('options, message', [
    (['--image-size', '16'], 'packed exists; give --overwrite'),
    ([], 'give --image-size'),
    (['--image-size', '16', '--overwrite'], 'packed is in the way: it holds no packed.json'),
    (['--image-size', '16', '--medians'], 'packing medians needs a config')])
def test_errors_are_one_line(tmp_path, monkeypatch, options, message):
    write_frames(tmp_path / 'clips/a', moving_square(3))
    (tmp_path / 'packed').mkdir()
    with pytest.raises(SystemExit) as caught:
        pack_clips(monkeypatch, tmp_path / 'clips', '--out', tmp_path / 'packed', *options)
    assert message in caught.value.code and '\n' not in caught.value.code
