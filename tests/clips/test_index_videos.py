import os
import pickle

import numpy as np
import pytest

from ikp_mm.clips import index_videos as module
from ikp_mm.clips.clip_index import ClipIndex, StaleIndexError
from ikp_mm.clips.frame_pairs import FramePairDataset
from ikp_mm.clips.index_videos import index_videos
from ikp_mm.clips.videos import VideoClips

from tiny_layouts_faces import number_of, numbered_video

pytest.importorskip('av')

SIZE = 64


def square_video(path, count, **options):
    return numbered_video(path, count, height=SIZE, g='4', **options)


@pytest.fixture(scope='module')
def written(tmp_path_factory):
    root = tmp_path_factory.mktemp('videos')
    square_video(root / 'talks' / 'b10.mp4', 12)
    square_video(root / 'talks' / 'b9.mp4', 5)
    square_video(root / 'a.MPG', 6, codec='mpeg1video')
    return root


@pytest.fixture
def root(written, tmp_path):
    """Links to the videos, which a test may replace."""
    root = tmp_path / 'videos'
    (root / 'talks').mkdir(parents=True)
    for path in written.rglob('*.*'):
        os.link(path, root / path.relative_to(written))
    return root


def test_with_an_index_all_is_as_without(root, tmp_path):
    for options in (dict(), dict(frame_step=2, include=['*.mp4'])):
        plain = VideoClips(SIZE, str(root), **options)
        indexed = VideoClips(SIZE, str(root), index=str(tmp_path / 'index'), **options)
        assert [(indexed.name(i), indexed.num_frames(i), indexed.path(i))
                for i in range(len(indexed))] == [
            (plain.name(i), plain.num_frames(i), plain.path(i)) for i in range(len(plain))]
        one, other = (FramePairDataset(clips, SIZE, seed=3, gap=(1, 4))
                      for clips in (plain, indexed))
        for draw in range(40):
            a, b = one[draw], other[draw]
            assert one.pair_of(draw) == other.pair_of(draw)
            assert all((a[key] == b[key]).all() for key in ('image', 'appearance'))
    copy = pickle.loads(pickle.dumps(indexed))
    assert number_of(copy.frame(1, 5)) == 10
    assert ClipIndex.open(tmp_path / 'index').frame_counts.tolist() == [6, 5, 12]


def test_opening_an_index_reads_no_video(root, tmp_path, monkeypatch):
    VideoClips(SIZE, str(root), index=str(tmp_path / 'index'))
    monkeypatch.setattr('ikp_mm.io.video.require_av', None)
    indexed = VideoClips(SIZE, str(root), index=str(tmp_path / 'index'))
    assert indexed.frame_counts.tolist() == [6, 5, 12]


def test_unreadable_videos_are_left_out_and_named(root, tmp_path, monkeypatch):
    logged = []
    monkeypatch.setattr('mmengine.logging.MMLogger.warning', lambda self, text: logged.append(text))
    (root / 'text.mp4').write_text('no video at all' * 100)
    for _ in range(2):  # when it is made, and when it is opened
        clips = VideoClips(SIZE, str(root), index=str(tmp_path / 'index'))
        assert len(clips) == 3
    assert len(logged) == 2 and all('1 of the videos' in text and 'text.mp4: ' in text
                                    for text in logged)
    only = tmp_path / 'only'
    only.mkdir()
    (only / 'text.mp4').write_text('no video')
    with pytest.raises(ValueError, match='none of the 1 files below .*text.mp4: '):
        index_videos(only)


def test_a_stale_index_names_the_video_and_the_command(root, tmp_path):
    path = tmp_path / 'index'
    indexed = VideoClips(SIZE, str(root), index=str(path))
    os.utime(root / 'a.MPG')  # another time of change, the same frames
    assert len(VideoClips(SIZE, str(root), index=str(path))) == 3
    os.remove(root / 'talks/b9.mp4')
    square_video(root / 'talks/b9.mp4', 7)
    with pytest.raises(StaleIndexError, match=rf"index {path} is stale: video 'talks/b9.mp4' has "
                       rf'\d+ bytes, the index \d+; .*\n +python tools/index_clips.py {root} --out '
                       rf'{path} --kind videos --suffixes .mp4 .*--overwrite'):
        VideoClips(SIZE, str(root), index=str(path))
    assert number_of(indexed.frame(2, 3)) == 3  # compared before
    os.remove(root / 'talks/b9.mp4')
    with pytest.raises(StaleIndexError, match="video 'talks/b9.mp4' is not there"):
        VideoClips(SIZE, str(root), index=str(path))


def test_a_video_of_the_same_size_and_other_frames_is_found(root, tmp_path):
    VideoClips(SIZE, str(root), index=str(tmp_path / 'index'))
    long, short = root / 'talks/b10.mp4', root / 'talks/b9.mp4'
    data = short.read_bytes()
    size = long.stat().st_size
    os.remove(long)
    long.write_bytes(data + b'\0' * (size - len(data)))  # a shorter video, filled up
    with pytest.raises(StaleIndexError, match="'talks/b10.mp4' has 5 frames or other times, the "
                       'index 12'):
        VideoClips(SIZE, str(root), index=str(tmp_path / 'index'))


def same(one, other):
    return all(np.array_equal(array, other._arrays()[name])
               for name, array in one._arrays().items()) and one.unreadable == other.unreadable


def test_what_was_done_before_an_interruption_is_not_done_again(root, tmp_path, monkeypatch):
    monkeypatch.setattr(module, 'VIDEOS_PER_PART', 1)
    (root / 'z.mp4').write_text('no video')
    whole = index_videos(root)
    read, plain = [], module._read

    def interrupted(paths):
        if 'b10' in paths[0] and len(read) == 2:
            raise KeyboardInterrupt
        read.extend(os.path.basename(path) for path in paths)
        return plain(paths)

    monkeypatch.setattr(module, '_read', interrupted)
    with pytest.raises(KeyboardInterrupt):
        index_videos(root, parts=tmp_path / 'parts')
    os.utime(root / 'a.MPG')  # changed since: read again
    read.append('again')
    assert same(index_videos(root, parts=tmp_path / 'parts'), index_videos(root))
    assert read[:6] == ['a.MPG', 'b9.mp4', 'again', 'a.MPG', 'b10.mp4', 'z.mp4']
    assert len(whole) == 3 and whole.unreadable[0].startswith(f'{root}/z.mp4: ')


def test_two_workers_make_the_same_index(root, monkeypatch):
    monkeypatch.setattr(module, 'VIDEOS_PER_PART', 1)
    assert same(index_videos(root, workers=2), index_videos(root))


def test_refusals(root, tmp_path):
    with pytest.raises(FileNotFoundError, match='absent does not exist'):
        index_videos(tmp_path / 'absent')
    with pytest.raises(ValueError, match='an index is one of a root, not of files'):
        VideoClips(SIZE, files=[str(root / 'a.MPG')], index=str(tmp_path / 'index'))
    VideoClips(SIZE, str(root), index=str(tmp_path / 'index'))
    with pytest.raises(StaleIndexError, match='made with suffixes='):
        VideoClips(SIZE, str(root), suffixes=['.mp4'], index=str(tmp_path / 'index'))
