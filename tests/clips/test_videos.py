import pickle

import numpy as np
import pytest
from mmpose.registry import DATASETS

from ikp_mm.io.pictures import UnreadableFrameError
from ikp_mm.clips.frame_pairs import FramePairDataset
from ikp_mm.clips.videos import VideoClips

from tiny_layouts_faces import number_of, numbered_frame, numbered_video, write_video

pytest.importorskip('av')

SQUARE = 64


def square_video(path, count, **options):
    return numbered_video(path, count, height=SQUARE, g='4', **options)


@pytest.fixture
def root(tmp_path):
    square_video(tmp_path / 'talks' / 'b10.mp4', 12)
    square_video(tmp_path / 'talks' / 'b9.mp4', 5)
    square_video(tmp_path / 'a.MPG', 6, codec='mpeg1video')
    (tmp_path / 'talks' / 'notes.txt').write_text('no video')
    square_video(tmp_path / '.hidden' / 'c.mp4', 3)
    square_video(tmp_path / '.d.mp4', 3)
    return tmp_path


def test_every_video_is_a_clip(root):
    clips = DATASETS.build(dict(type='VideoClips', root=str(root), image_size=SQUARE))
    assert [clips.name(i) for i in range(len(clips))] == ['a.MPG', 'talks/b9.mp4', 'talks/b10.mp4']
    assert [clips.num_frames(i) for i in range(3)] == [6, 5, 12]
    assert [number_of(clips.frame(2, t)) for t in (11, 0, 7)] == [11, 0, 7]
    assert clips.path(0) == root / 'a.MPG' and clips.background(0) is None
    assert not hasattr(clips, 'mask')


def test_include_and_exclude(root):
    chosen = VideoClips(SQUARE, str(root), include=['talks/*'], exclude=['*b9*'])
    assert [chosen.name(i) for i in range(len(chosen))] == ['talks/b10.mp4']
    with pytest.raises(FileNotFoundError, match=r"none of the 3 clips below .* include=\['x'\]"):
        VideoClips(SQUARE, str(root), include=['x'])


def test_short_videos_are_named(root):
    with pytest.raises(ValueError, match=r'1 videos have fewer than 6 frames: .*b9\.mp4 \(5\)'):
        VideoClips(SQUARE, str(root), min_frames=6)


def test_size_and_non_square(tmp_path):
    frame = np.full((32, 64, 3), 40, np.uint8)
    frame[:, 16:48] = 200
    write_video(tmp_path / 'wide.mp4', [frame] * 3, qp='1')
    cropped = VideoClips(16, str(tmp_path), non_square='crop').frame(0, 1)
    padded = VideoClips(64, str(tmp_path), non_square='pad').frame(0, 1)
    # The bright middle square; column 0, at its left edge, covers a quarter of what is before it.
    assert cropped.shape == (16, 16, 3) and cropped[:, 1:].min() > 190
    np.testing.assert_allclose(cropped[:, 0], 160, atol=6)
    assert padded[:14].max() == 0 and padded[20:44, 20:44].min() > 190
    with pytest.raises(ValueError, match=r'wide\.mp4 is 64 x 32, not square'):
        VideoClips(16, str(tmp_path)).frame(0, 0)


def test_cache(root):
    kept, read_anew = (VideoClips(SQUARE, str(root), cache=cache) for cache in (True, False))
    assert kept.frame(0, 3) is kept.frame(0, 3)
    assert read_anew.frame(0, 3) is not read_anew.frame(0, 3)
    assert np.array_equal(kept.frame(0, 3), read_anew.frame(0, 3))


def test_files_that_are_no_videos_are_all_named(root):
    (root / 'talks' / 'text.mp4').write_text('no video at all' * 100)
    whole = (root / 'talks' / 'b10.mp4').read_bytes()
    (root / 'talks' / 'cut.mp4').write_bytes(whole[:len(whole) // 2])
    with pytest.raises(ValueError, match=r'2 of 5 files cannot be read as videos(?s:.*)'
                       r'talks/cut\.mp4: .*\n.*talks/text\.mp4: '):
        VideoClips(SQUARE, str(root))
    assert len(VideoClips(SQUARE, str(root), exclude=['*/text*', '*/cut*'])) == 3


def test_a_truncated_video_is_counted_by_the_pairs(tmp_path):
    path = square_video(tmp_path / 'a.mp4', 40, movflags='faststart')
    data = path.read_bytes()
    path.write_bytes(data[:int(0.7 * len(data))])
    clips = VideoClips(SQUARE, str(tmp_path))
    assert clips.num_frames(0) == 40
    with pytest.raises(UnreadableFrameError, match=r'a\.mp4: truncated video'):
        clips.frame(0, 39)
    pairs = FramePairDataset(clips, SQUARE, seed=0, max_unreadable=1.0)
    drawn = [pairs.pair_of(draw) for draw in range(60)]
    assert len(pairs.unreadable) > 3 and all('a.mp4' in text for text in pairs.unreadable)
    assert all(number_of(clips.frame(0, t)) == t for pair in drawn for t in pair[1:])
    strict = FramePairDataset(clips, SQUARE, seed=0, max_unreadable=0.05)
    with pytest.raises(RuntimeError, match=r'3 of 40 frames are unreadable(?s:.*)a\.mp4'):
        for draw in range(60):
            strict.pair_of(draw)


def test_with_a_list_all_is_as_without(root, tmp_path, monkeypatch):
    list_file = str(tmp_path / 'list.txt')
    plain = VideoClips(SQUARE, str(root), include=['talks/*'])
    with monkeypatch.context() as patched:  # no video is opened before it is drawn
        patched.setattr('ikp_mm.clips.videos.OpenVideos.reader', None)
        for _ in range(2):  # the second start reads the list
            listed = VideoClips(SQUARE, str(root), include=['talks/*'], list_file=list_file)
    one, other = (FramePairDataset(clips, SQUARE, seed=3, uniform='clips')
                  for clips in (plain, listed))
    for draw in range(20):
        assert one.pair_of(draw) == other.pair_of(draw)
        assert (one[draw]['image'] == other[draw]['image']).all()
    assert (tmp_path / 'list.txt').read_text() == 'a.MPG\ntalks/b9.mp4\ntalks/b10.mp4\n'


def test_videos_of_a_list_that_cannot_be_used(root, tmp_path):
    clips = VideoClips(SQUARE, str(root), min_frames=6, list_file=str(tmp_path / 'list.txt'))
    assert [clips.num_frames(i) for i in (0, 2)] == [6, 12]
    with pytest.raises(UnreadableFrameError,
                       match=r'b9\.mp4: has 5 frames, fewer than min_frames=6'):
        clips.num_frames(1)
    (root / 'talks/b9.mp4').write_text('no video')
    clips = VideoClips(SQUARE, str(root), list_file=str(tmp_path / 'list.txt'))
    with pytest.raises(UnreadableFrameError, match=r'b9\.mp4: Invalid data'):
        clips.frame(1, 0)


def test_crosses_the_process_border(root):
    clips = VideoClips(SQUARE, str(root))
    clips.frame(2, 7)
    copy = pickle.loads(pickle.dumps(clips))
    assert number_of(copy.frame(2, 11)) == 11 and copy.num_frames(2) == 12


def test_refusals(tmp_path):
    with pytest.raises(FileNotFoundError, match='folder of videos .*absent does not exist'):
        VideoClips(8, str(tmp_path / 'absent'))
    with pytest.raises(FileNotFoundError, match=r'no file below .* is a video by its name'):
        VideoClips(8, str(tmp_path))
    for options, message in ((dict(root='x', include='a'), 'lists of patterns'),
                             (dict(root='x', non_square='stretch'), 'non_square')):
        with pytest.raises(ValueError, match=message):
            VideoClips(8, **options)


def test_frames_are_what_was_written(root):
    """Compression aside: the tiles of every frame, not just the number they make."""
    clips = VideoClips(SQUARE, str(root))
    tiles = (slice(0, 32), slice(0, 64))
    difference = clips.frame(2, 9)[tiles].astype(int) - numbered_frame(9, SQUARE)[tiles]
    assert np.abs(difference).mean() < 8
