"""Many videos: resumed, not overwritten, failures named."""
import json
import multiprocessing
from types import SimpleNamespace

import pytest

from ikp_mm.preparation import PrepareSettings, find_sources, prepare_all, run
from tiny_videos import frame_with_square, moving_square, truncate, write_frames, write_video

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
    (out / '.b.partial-0123abcd/clip000000').mkdir(parents=True)
    report = prepare_all(find_sources([inputs]), out, SETTINGS, say=lines.append)
    assert lines[1:] == ['[1/2] a: finished before, 12 frames, 1 clips of 12 frames kept',
                         '[2/2] b: 12 frames, 1 clips of 12 frames kept']
    assert (out / 'a/000/0000.jpg').stat().st_mtime_ns == made
    assert report['totals'] == dict(
        videos=2, frames=24, clips=2, frames_kept=24, frames_dropped={}, videos_with_problems=[],
        videos_without_clips=[])
    assert sorted(path.name for path in out.iterdir()) == ['a', 'b', 'report.json']
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


def test_a_video_that_cannot_be_cropped_so_fails_alone(inputs, tmp_path):
    (tmp_path / 'boxes.csv').write_text('\n'.join(
        ['source,frame,x0,y0,x1,y1', *(f'a,{t},0,0,64,64' for t in range(12))]))
    by_file = PrepareSettings(crop='boxes', crop_options=dict(boxes=str(tmp_path / 'boxes.csv')),
                              size=16, min_frames=4)
    report = prepare_all(find_sources([inputs]), tmp_path / 'out', by_file, say=lambda line: None)
    assert list(report['failed']) == ['b'] and "no box of 'b'" in report['failed']['b']
    assert report['totals']['clips'] == 1


def test_an_interruption_leaves_finished_videos_and_nothing_else(inputs, tmp_path, monkeypatch):
    def interrupted(frames):
        if frames > 40:  # twelve frames in three passes are 36
            raise KeyboardInterrupt

    monkeypatch.setattr(run, 'Progress',
                        lambda *args: SimpleNamespace(at=interrupted))
    with pytest.raises(KeyboardInterrupt):
        prepare_all(find_sources([inputs]), tmp_path / 'out', SETTINGS, say=lambda line: None)
    assert [path.name for path in (tmp_path / 'out').iterdir()] == ['a']


def test_a_shared_background_is_seen_by_every_video(tmp_path):
    for x in (4, 36, 68):  # each stands still in its own video
        write_frames(tmp_path / f'in/at{x}', [frame_with_square(x, 20)] * 6)
    shared = PrepareSettings(crop='motion', crop_options=dict(background='shared'), size=16,
                             min_frames=4, min_motion=0)
    report = prepare_all(find_sources([tmp_path / 'in']), tmp_path / 'out', shared,
                         say=lambda line: None)
    assert [video['frames_without_box'] for video in report['videos']] == [0, 0, 0]


@pytest.mark.slow
def test_jobs_write_the_same(inputs, tmp_path):
    write_frames(inputs / 'd', moving_square(20))
    settings = PrepareSettings(crop='motion', crop_options=dict(background='shared'), size=16,
                               min_frames=4, min_motion=0)
    written = []
    for jobs in (1, 2):
        out, lines = tmp_path / f'out{jobs}', []
        report = prepare_all(find_sources([inputs]), out, settings, say=lines.append, jobs=jobs)
        files = {path.relative_to(out): path.read_bytes() for path in sorted(out.rglob('*'))
                 if path.is_file()}
        written.append((lines, report, files))
    assert written[0] == written[1]
    assert len(written[0][2]) > 40


@pytest.mark.slow
def test_workers_stop_when_the_caller_leaves_off(tmp_path):
    write_frames(tmp_path / 'a', moving_square(12))
    write_frames(tmp_path / 'long', moving_square(400))
    # Three videos wait beside the two that are worked on; none of those begun may go on.
    for name in 'bcde':
        (tmp_path / name).symlink_to(tmp_path / 'long')
    out = tmp_path / 'out'

    def say(line):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare_all(find_sources([tmp_path / name for name in 'abcde']), out, SETTINGS, say=say,
                    jobs=2)
    left = {path.name for path in out.iterdir()}
    assert 'a' in left and not left & {'d', 'e', 'report.json'}
    assert not [name for name in left if name.startswith('.')]
    assert multiprocessing.active_children() == []


def test_refuses_no_job(inputs, tmp_path):
    with pytest.raises(ValueError, match='jobs must be at least 1'):
        prepare_all(find_sources([inputs]), tmp_path / 'out', SETTINGS, jobs=0)
