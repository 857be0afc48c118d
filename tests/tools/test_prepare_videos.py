"""tools/prepare_videos.py: arguments, summary, contact sheet, exit status."""
import runpy
import sys

import cv2
import numpy as np
import pytest

from ikp_mm.clips import FolderClips
from ikp_mm.preparation.croppers import face

from tiny_run import ROOT
from tiny_videos import moving_square, truncate, write_video


def prepare(monkeypatch, *arguments):
    monkeypatch.setattr(sys, 'argv', ['prepare_videos.py', *map(str, arguments)])
    runpy.run_path(str(ROOT / 'tools/prepare_videos.py'), run_name='__main__')


@pytest.fixture
def folder(tmp_path):
    (tmp_path / 'in').mkdir()
    write_video(tmp_path / 'in/walk.avi', moving_square(24))
    write_video(tmp_path / 'in/still.avi', moving_square(1) * 24)
    return tmp_path / 'in'


def test_faces(folder, tmp_path, monkeypatch, capsys):
    """The cascade is told where the square is; the crop follows the box of its landmarks."""
    def cascade_detector(min_neighbours):
        def detect(grey, least):
            rows, columns = np.nonzero(grey > 90)
            return np.array([[columns.min(), rows.min(), 24., 24.]]), np.array([9])
        return detect

    monkeypatch.setattr(face, 'cascade_detector', cascade_detector)
    out = tmp_path / 'out'
    prepare(monkeypatch, folder, '--out', out, '--crop', 'face', '--size', 32, '--smooth', 0,
            '--crop-options', 'min_face=0.2', '--min-motion', 0.5)
    printed = capsys.readouterr().out
    assert '1 clips of 24 frames, of 48 frames in 2 videos' in printed
    assert 'dropped: 24 frames near-still' in printed and 'no clip from: still' in printed
    clips = FolderClips(str(out), image_size=32)
    assert [clips.name(i) for i in range(len(clips))] == ['walk/000']
    assert cv2.imread(str(out / 'contact_sheet_00.jpg')) is not None
    # Again: nothing is done twice, and nothing is lost.
    prepare(monkeypatch, folder, '--out', out, '--crop', 'face', '--size', 32, '--smooth', 0,
            '--crop-options', 'min_face=0.2', '--min-motion', 0.5)
    assert capsys.readouterr().out.count('finished before') == 2
    with pytest.raises(SystemExit, match='--overwrite'):
        prepare(monkeypatch, folder, '--out', out, '--crop', 'whole')


def test_a_video_that_cannot_be_read_fails_by_name(folder, tmp_path, monkeypatch, capsys):
    (folder / 'bad.mp4').write_bytes(b'no video')
    truncate(folder / 'walk.avi', 0.6)
    with pytest.raises(SystemExit) as exit_:
        prepare(monkeypatch, folder, '--out', tmp_path / 'out', '--crop', 'centre', '--size', 16,
                '--min-frames', 4)
    assert exit_.value.code == 1
    printed = capsys.readouterr().out
    assert f"FAILED: {folder / 'bad.mp4'} cannot be opened as a video" in printed
    assert f"PROBLEM: {folder / 'walk.avi'} ends early: it declares 24 frames" in printed


def test_unknown_options_of_a_crop_are_refused(folder, tmp_path, monkeypatch):
    with pytest.raises(SystemExit, match='min_nose'):
        prepare(monkeypatch, folder, '--out', tmp_path / 'out', '--crop', 'face',
                '--crop-options', 'min_nose=1')
