"""tools/index_clips.py: arguments, summary; its commands are those that errors name."""
import runpy
import shlex
import sys

import cv2
import numpy as np
import pytest

from ikp_mm.clips.clip_index import ClipIndex, StaleIndexError
from ikp_mm.clips.folders import FolderClips

from tiny_run import ROOT


def index_clips(monkeypatch, *arguments):
    monkeypatch.setattr(sys, 'argv', ['index_clips.py', *map(str, arguments)])
    runpy.run_path(str(ROOT / 'tools/index_clips.py'), run_name='__main__')


def test_folders_and_the_command_of_the_error(tmp_path, monkeypatch, capsys):
    root, out = tmp_path / 'my clips', tmp_path / 'index'
    for clip in ('a', 'b'):
        (root / clip).mkdir(parents=True)
        for t in range(3):
            cv2.imwrite(str(root / clip / f'{t}.png'), np.zeros((4, 4, 3), np.uint8))
    index_clips(monkeypatch, root, '--out', out, '--workers', 1, '--background-suffix', '')
    assert f'2 clips of 6 frames in {out}, 0 left out' in capsys.readouterr().out
    (root / 'a' / '2.png').unlink()
    options = dict(background_suffix=None, index=str(out))
    with pytest.raises(StaleIndexError) as caught:
        FolderClips(str(root), 4, **options)
    command = shlex.split(str(caught.value).splitlines()[-1])
    assert command[:2] == ['python', 'tools/index_clips.py']
    index_clips(monkeypatch, *command[2:])
    assert FolderClips(str(root), 4, **options).frame_counts.tolist() == [2, 3]
    assert ClipIndex.open(out).options['background_suffix'] is None


def test_videos_left_out_are_printed(tmp_path, monkeypatch, capsys):
    pytest.importorskip('av')
    from tiny_layouts_faces import numbered_video
    numbered_video(tmp_path / 'in' / 'good.mp4', 5, height=64)
    (tmp_path / 'in' / 'bad.mp4').write_text('no video')
    index_clips(monkeypatch, tmp_path / 'in', '--out', tmp_path / 'index', '--kind', 'videos',
                '--workers', 0, '--suffixes', '.mp4')
    printed = capsys.readouterr().out
    assert 'LEFT OUT: ' in printed and 'bad.mp4: ' in printed
    assert '1 clips of 5 frames' in printed and '1 left out' in printed
