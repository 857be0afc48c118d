"""One video: what is kept, what is dropped and why. Many: resumed, not overwritten, failures named."""
import json
import multiprocessing
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from ikp_mm.clips import FolderClips
from ikp_mm.io.formats.boxes import read_box_file
from ikp_mm.preparation import (CROPPERS, Cropper, FrameFolder, PrepareSettings, VideoFile,
                                finished_report, find_sources, prepare, prepare_all, prepare_video)
from tiny_videos import (HEIGHT, SIDE, frame_with_square, moving_square, truncate, write_frames,
                         write_video)


class SquareCropper(Cropper):
    """Finds the chequered square of ``tiny_videos`` (which is brighter than its ground)."""

    margin = 2.0

    def boxes(self, video):
        found = []
        for frame in video:
            rows, columns = np.nonzero(frame[..., 0] > 90)
            found.append((columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
                         if 90 < frame[..., 0].max() and frame[0, 0, 0] < 90 else [np.nan] * 4)
        return np.array(found, float)


@pytest.fixture(autouse=True)
def square_cropper(monkeypatch):
    monkeypatch.setitem(CROPPERS, 'square', SquareCropper)


def settings(**options):
    return PrepareSettings(**{**dict(crop='square', size=32, min_frames=4, smooth=0.0,
                                     min_motion=1.0), **options})


def test_whole_frames_are_clips(tmp_path):
    video = VideoFile(write_video(tmp_path / 'v.avi', moving_square(50)), 'v')
    report = prepare_video(video, tmp_path / 'out', settings(crop='whole', max_frames=30))
    assert [clip['frames'] for clip in report['kept']] == [25, 25]
    assert report['dropped'] == [] and report['problem'] is None and report['frames'] == 50
    clips = FolderClips(str(tmp_path / 'out'), image_size=32)
    assert [clips.name(i) for i in range(2)] == ['v/000', 'v/001']
    # 96 x 64 in a square of 96: a sixth is black above and below.
    image = clips.frame(0, 0)
    assert image[:4].max() < 15 and image[28:].max() < 15
    assert np.abs(image[16, 30].astype(int) - 60).max() < 10
    assert report['kept'][0]['outside'] == pytest.approx(1 / 3, abs=1e-3)
    assert json.loads((tmp_path / 'out/v/report.json').read_text()) == report
    assert [path.name for path in (tmp_path / 'out').iterdir()] == ['v']


def test_the_crop_follows_the_figure(tmp_path):
    frames = FrameFolder(write_frames(tmp_path / 'f', moving_square(20)), 'f')
    report = prepare_video(frames, tmp_path / 'out', settings(min_motion=0, margin=1.0))
    clip, = report['kept']
    assert (clip['first'], clip['last'], clip['found']) == (0, 19, 20)
    assert clip['mean_side'] == SIDE
    # Followed exactly, nothing moves in the crop: each is the square itself.
    images = [cv2.imread(str(tmp_path / f'out/f/000/{t:04d}.jpg')) for t in (0, 10, 19)]
    for image in images:
        assert image.min() > 90
    assert clip['motion'] < 1


def test_what_is_dropped_and_why(tmp_path):
    empty = np.full((HEIGHT, 96, 3), 60, np.uint8)
    frames = (
        [empty] * 3  # nothing
        + [frame_with_square(10 + t, 10) for t in range(10)]  # 3 .. 12
        + [empty] * 2  # bridged
        + [frame_with_square(22 + t, 10) for t in range(5)]  # 15 .. 19
        + [empty] * 9  # 20 .. 28: too long a gap
        + [frame_with_square(30, 20)] * 2  # 29 .. 30: too short
        + [frame_with_square(60, 20)] * 6  # 31 .. 36, a jump, then does not move
        + [empty] * 2)
    folder = FrameFolder(write_frames(tmp_path / 'f', frames), 'f')
    # A fixed crop would move; the followed square's surroundings are plain, so it is still.
    report = prepare_video(folder, tmp_path / 'out', settings(max_gap=2, smooth=1.0,
                                                              min_motion=0.5))
    assert [(d['first'], d['last'], d['reason']) for d in report['dropped']] == [
        (0, 2, 'nothing found'), (20, 28, 'nothing found'), (29, 30, 'too short'),
        (31, 36, 'near-still'), (37, 38, 'nothing found')]
    assert report['dropped'][3]['motion'] < 0.5
    clip, = report['kept']
    assert (clip['first'], clip['last'], clip['frames'], clip['found']) == (3, 19, 17, 15)
    assert report['frames_without_box'] == 3 + 2 + 9 + 2
    assert sorted(path.name for path in (tmp_path / 'out/f').iterdir()) == ['000', 'boxes.csv',
                                                                          'report.json']
    assert len(list((tmp_path / 'out/f/000').iterdir())) == 17


def test_rarely_found(tmp_path):
    empty = np.full((HEIGHT, 96, 3), 60, np.uint8)
    frames = [frame_with_square(10 + t, 10) if t % 3 == 0 else empty for t in range(19)]
    folder = FrameFolder(write_frames(tmp_path / 'f', frames), 'f')
    report = prepare_video(folder, tmp_path / 'out', settings())
    dropped, = report['dropped']
    assert dropped['reason'] == 'rarely found' and dropped['found'] == pytest.approx(7 / 19)


def test_steps_and_cuts_are_in_frames_of_the_video(tmp_path):
    frames = moving_square(24) + [255 - frame for frame in moving_square(24)]
    folder = FrameFolder(write_frames(tmp_path / 'f', frames), 'f', step=2)
    report = prepare_video(folder, tmp_path / 'out', settings(crop='centre', step=2))
    assert report['cuts'] == [24]
    assert [(c['first'], c['last'], c['frames']) for c in report['kept']] == [
        (0, 22, 12), (24, 46, 12)]


def test_finished_and_in_the_way(tmp_path):
    folder = FrameFolder(write_frames(tmp_path / 'f', moving_square(12)), 'f')
    out = tmp_path / 'out'
    assert finished_report(out, folder, settings()) is None
    report = prepare_video(folder, out, settings(crop='whole'))
    assert finished_report(out, folder, settings(crop='whole')) == report
    with pytest.raises(FileExistsError, match='out/f exists; give --overwrite'):
        prepare_video(folder, out, settings(crop='whole'))
    with pytest.raises(FileExistsError, match="made differently.*'size': 32.*'size': 64"):
        finished_report(out, folder, settings(crop='whole', size=64))
    assert report['bytes'] == sum(file.stat().st_size for file in (tmp_path / 'f').iterdir())
    (tmp_path / 'f/12.png').symlink_to(tmp_path / 'gone.png')  # it has no size
    assert finished_report(out, FrameFolder(tmp_path / 'f', 'f'), settings(crop='whole')) == report
    (tmp_path / 'f/12.png').unlink()
    cv2.imwrite(str(tmp_path / 'f/12.png'), moving_square(1)[0])
    with pytest.raises(FileExistsError, match='made differently .bytes'):
        finished_report(out, FrameFolder(tmp_path / 'f', 'f'), settings(crop='whole'))
    (out / 'f/report.json').unlink()
    with pytest.raises(FileExistsError, match='holds no report.json'):
        finished_report(out, folder, settings(crop='whole'))


def test_a_cropper_must_give_a_box_a_frame(tmp_path, monkeypatch):
    class Short(Cropper):
        margin = 1.0

        def boxes(self, video):
            return np.array([[0, 0, 8, 8]] * (sum(1 for _ in video) - 1), float)

    monkeypatch.setitem(CROPPERS, 'short', Short)
    folder = FrameFolder(write_frames(tmp_path / 'f', moving_square(6)), 'f')
    with pytest.raises(ValueError, match="6 frames, but crop 'short' gave 5 boxes"):
        prepare_video(folder, tmp_path / 'out', settings(crop='short'))
    with pytest.raises(ValueError, match='is read by step 1, but the settings say 2'):
        prepare_video(folder, tmp_path / 'out', settings(step=2))


@pytest.mark.parametrize('options, message', [
    (dict(crop='nose'), "crop must be one of .*got 'nose'"),
    (dict(size=4), 'size >= 8'), (dict(min_frames=1), 'min_frames'),
    (dict(min_frames=50, max_frames=40), 'max_frames'), (dict(max_gap=-1), 'max_gap'),
    (dict(margin=0), 'margin must be positive'),
    (dict(still_crop=True, unordered=True), 'not with unordered'),
    (dict(still_crop=True, margin=0.9), 'must hold the figure')])
def test_settings_refuse(options, message):
    with pytest.raises(ValueError, match=message):
        settings(**options)


def test_margin_is_the_croppers_unless_stated():
    assert settings(crop='face').used_margin() == 1.3
    assert settings(crop='whole').used_margin() == 1.0
    assert settings(crop='face', margin=1.6).used_margin() == 1.6


def test_the_squares_used_give_the_same_clips_again(tmp_path):
    folder = FrameFolder(write_frames(tmp_path / 'f', moving_square(24)), 'f', step=2)
    report = prepare_video(folder, tmp_path / 'out', settings(step=2, smooth=2.0, min_motion=0))
    used = tmp_path / 'out/f/boxes.csv'
    boxes = read_box_file(used).boxes('f', 24)
    # Frames stepped over have none; a margin of 2 makes squares of two sides.
    assert np.flatnonzero(~np.isnan(boxes[:, 0])).tolist() == list(range(0, 24, 2))
    np.testing.assert_allclose(boxes[10, 2:] - boxes[10, :2], 2 * SIDE, atol=0.02)
    again = prepare_video(folder, tmp_path / 'again', settings(
        crop='boxes', crop_options=dict(boxes=str(used)), step=2, smooth=0.0, min_motion=0))
    assert [clip['frames'] for clip in again['kept']] == [c['frames'] for c in report['kept']]
    for t in range(12):
        first, second = (cv2.imread(str(tmp_path / f'{out}/f/000/{t:04d}.jpg')).astype(int)
                         for out in ('out', 'again'))
        assert np.abs(first - second).max() <= 6  # boxes are written to a hundredth of a pixel


def test_zero_size_boxes_are_dropped_with_the_reason(tmp_path):
    rows = [f'f,{t},10,10,40,40' for t in range(10)] + [f'f,{t},10,10,10,40' for t in (10, 11, 12)]
    (tmp_path / 'b.csv').write_text('\n'.join(['source,frame,x0,y0,x1,y1', *rows]))
    folder = FrameFolder(write_frames(tmp_path / 'f', moving_square(15)), 'f')
    report = prepare_video(folder, tmp_path / 'out', settings(
        crop='boxes', crop_options=dict(boxes=str(tmp_path / 'b.csv'))))
    assert [(d['first'], d['last'], d['frames'], d['reason']) for d in report['dropped']] == [
        (10, 12, 3, 'zero-size box'), (13, 14, 2, 'no box in the file')]
    assert report['why_without_box'] == {'zero-size box': 3, 'no box in the file': 2}


def test_a_still_crop_is_one_square_a_clip_with_the_empty_scene_beside(tmp_path):
    frames = [frame_with_square(4 + 2 * t, 20) for t in range(33)]
    folder = FrameFolder(write_frames(tmp_path / 'f', frames), 'f')
    report = prepare_video(folder, tmp_path / 'out', settings(
        crop='motion', crop_options=dict(opening=0.0, threshold=15.0), still_crop=True,
        margin=2.0))
    # A square of 24 px in one of 2 x 24: it may walk 24 px, 12 steps of 2, which is 13 frames;
    # blurred edges make the box a little larger, sides and square alike.
    assert {clip['frames'] for clip in report['kept'][:2]} <= {12, 13, 14}
    assert sum(clip['frames'] for clip in report['kept']) == 33
    clips = FolderClips(str(tmp_path / 'out'), image_size=32)
    assert len(clips) == len(report['kept'])
    for clip in range(len(clips)):
        scene = clips.background(clip)
        assert scene.shape == (32, 32, 3)
        # No square is left in it: the ground is 60, outside of the frame is black.
        assert scene.max() < 75
    # The crop stands still: the figure is at its left in the first frame, at its right in the last.
    first, last = clips.frame(0, 0), clips.frame(0, clips.num_frames(0) - 1)
    centres = [np.nonzero((image[..., 0] > 90).any(axis=0))[0].mean() for image in (first, last)]
    assert centres[0] < 10 and centres[1] > 21


def test_frames_too_fast_for_a_still_crop_are_dropped(tmp_path):
    frames = [frame_with_square(2 + 10 * t, 20) for t in range(7)]
    folder = FrameFolder(write_frames(tmp_path / 'f', frames), 'f')
    report = prepare_video(folder, tmp_path / 'out', settings(still_crop=True, margin=1.5))
    # 12 px of room, 10 px a frame: two frames a square, four are the fewest.
    assert report['kept'] == []
    assert [(d['frames'], d['reason']) for d in report['dropped']] == [
        (n, 'too fast for a still crop') for n in (2, 2, 2, 1)]


def test_unordered_frames_go_each_by_its_own_box(tmp_path):
    empty = np.full((HEIGHT, 96, 3), 60, np.uint8)
    # Jumps that would end a run, or be taken for outliers.
    places = [(2, 2), (70, 38), (10, 30), (60, 4), (30, 20), (5, 38)]
    frames = [frame_with_square(*place) for place in places]
    frames.insert(3, empty)
    folder = FrameFolder(write_frames(tmp_path / 'f', frames), 'f')
    report = prepare_video(folder, tmp_path / 'out', settings(
        unordered=True, margin=1.0, min_motion=0, smooth=3.0))
    clip, = report['kept']
    assert (clip['frames'], clip['first'], clip['last']) == (6, 0, 6)
    assert [(d['first'], d['last'], d['reason']) for d in report['dropped']] == [
        (3, 3, 'nothing found')]
    for t in range(6):
        assert cv2.imread(str(tmp_path / f'out/f/000/{t:04d}.jpg')).min() > 90
    boxes = read_box_file(tmp_path / 'out/f/boxes.csv').boxes('f', 7)
    assert boxes[1].tolist() == [70, 38, 94, 62] and np.isnan(boxes[3]).all()


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

    monkeypatch.setattr(prepare, 'Progress',
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


def test_a_background_that_would_show_the_figure_is_left_out_and_said(tmp_path):
    frames = [frame_with_square(30 + 2 * (t % 12), 20) for t in range(36)]
    video = FrameFolder(write_frames(tmp_path / 'f', frames), 'f')
    asked = settings(crop='motion', crop_options=dict(threshold=15.0), still_crop=True, margin=2.0,
                     min_motion=0.0)
    lines = []
    report, = prepare_all([video], tmp_path / 'out', asked, say=lines.append)['videos']
    assert report['kept'] and 'in one place' in report['no_background']
    assert not list((tmp_path / 'out').glob('**/*.background.jpg'))
    assert any('no background written' in line for line in lines)
    # A report of before has no such entry; the finished video is told as any other.
    path = tmp_path / 'out/f/report.json'
    old = json.loads(path.read_text())
    del old['no_background']
    path.write_text(json.dumps(old))
    prepare_all([video], tmp_path / 'out', asked, say=lines.append)
    assert 'finished before' in lines[-1] and 'background' not in lines[-1]
    # The options of the crop that were not given are part of what was asked for.
    assert old['settings']['crop_options']['parts'] == 'near'
