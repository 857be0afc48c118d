"""Many videos: resumed, not overwritten, failures named."""
import json

import pytest

from ikp_mm.datasets.preparation import PrepareSettings, find_sources, prepare_all
from tiny_videos import moving_square, truncate, write_frames, write_video

SETTINGS = PrepareSettings(crop='centre', size=16, min_frames=4)


@pytest.fixture
def inputs(tmp_path):
    folder = tmp_path / 'in'
    folder.mkdir()
    write_video(folder / 'a.avi', moving_square(12))
    write_frames(folder / 'b', moving_square(12))
    return folder


def test_resumes_and_overwrites_only_when_asked(inputs, tmp_path):
    out, lines = tmp_path / 'out', []
    report = prepare_all(find_sources([inputs / 'a.avi']), out, SETTINGS, say=lines.append)
    assert report['totals']['clips'] == 1
    made = (out / 'a/000/0000.jpg').stat().st_mtime_ns
    # An interrupted call leaves a half-made video, which no clip source would read.
    (out / '.partial/b/clip000000').mkdir(parents=True)
    report = prepare_all(find_sources([inputs]), out, SETTINGS, say=lines.append)
    assert lines[1:] == ['[1/2] a: finished before, 12 frames, 1 clips of 12 frames kept',
                         '[2/2] b: 12 frames, 1 clips of 12 frames kept']
    assert (out / 'a/000/0000.jpg').stat().st_mtime_ns == made
    assert report['totals'] == dict(
        videos=2, frames=24, clips=2, frames_kept=24, frames_dropped={}, videos_with_problems=[],
        videos_without_clips=[])
    assert not (out / '.partial').exists()
    other = PrepareSettings(crop='centre', size=24, min_frames=4)
    with pytest.raises(FileExistsError, match='--overwrite'):
        prepare_all(find_sources([inputs]), out, other, say=lines.append)
    assert (out / 'a/000/0000.jpg').stat().st_mtime_ns == made
    report = prepare_all(find_sources([inputs]), out, other, overwrite=True, say=lines.append)
    assert {video['settings']['size'] for video in report['videos']} == {24}


def test_what_is_not_ours_is_never_removed(inputs, tmp_path):
    out = tmp_path / 'out'
    (out / 'a').mkdir(parents=True)
    (out / 'a/precious.txt').touch()
    with pytest.raises(FileExistsError, match='did not make it'):
        prepare_all(find_sources([inputs]), out, SETTINGS, overwrite=True)
    assert (out / 'a/precious.txt').exists() and not (out / 'b').exists()
    (out / 'report.json').write_text('{"mine": 1}')
    with pytest.raises(FileExistsError, match='is not a report of'):
        prepare_all(find_sources([inputs / 'b']), out, SETTINGS)
    assert (out / 'report.json').read_text() == '{"mine": 1}'


def test_failures_and_truncated_videos_are_named(inputs, tmp_path):
    (inputs / 'c.mp4').write_bytes(b'no video')
    truncate(write_video(inputs / 'd.avi', moving_square(40)), 0.5)
    lines = []
    report = prepare_all(find_sources([inputs]), tmp_path / 'out', SETTINGS, say=lines.append)
    assert 'c.mp4 cannot be opened' in report['failed']['c']
    problem, = report['totals']['videos_with_problems']
    assert 'd.avi ends early: it declares 40 frames' in problem
    assert sum('PROBLEM' in line for line in lines) == sum('FAILED' in line for line in lines) == 1
    assert report['totals']['videos'] == 3
    assert json.loads((tmp_path / 'out/report.json').read_text()) == report
    assert sorted(path.name for path in (tmp_path / 'out').iterdir()) == ['a', 'b', 'd',
                                                                          'report.json']
