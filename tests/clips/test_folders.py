import os
import pickle
import shutil

import cv2
import numpy as np
import pytest
from mmengine.logging import MMLogger
from mmpose.registry import DATASETS

from ikp_mm.clips.folders import FolderClips
from ikp_mm.clips.frame_pairs import FramePairDataset
from ikp_mm.io.find import natural_key
from ikp_mm.io.pictures import UnreadableFrameError


def write(path, value, size=(8, 8)):
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), np.full((*size, 3), value, np.uint8))


def write_clip(root, name, count=2, value=0):
    for t in range(count):
        write(root / name / f'{t}.png', value + t)


def test_names_frames_and_natural_order(tmp_path):
    write_clip(tmp_path, 'actor2/walk', 12, value=10)
    write_clip(tmp_path, 'actor10/walk', 3, value=50)
    clips = DATASETS.build(dict(type='FolderClips', root=str(tmp_path), image_size=8))
    assert [clips.name(i) for i in range(len(clips))] == ['actor2/walk', 'actor10/walk']
    assert [clips.num_frames(i) for i in range(2)] == [12, 3]
    # '2.png' comes before '10.png'.
    assert [int(clips.frame(0, t)[0, 0, 0]) for t in (2, 9, 10, 11)] == [12, 19, 20, 21]
    assert clips.frame(1, 2).shape == (8, 8, 3) and clips.frame(1, 2).dtype == np.uint8


def test_short_clips_may_be_left_out_by_name(tmp_path, monkeypatch):
    for name, count in (('a', 3), ('b', 1), ('c', 2), ('d', 1)):
        write_clip(tmp_path, name, count)
    with pytest.raises(ValueError, match=r'2 clips have fewer than 2 frames: .*b \(1\), .*d \(1\)'):
        FolderClips(str(tmp_path), 8)
    warned = []
    monkeypatch.setattr(MMLogger.get_current_instance(), 'warning', warned.append)
    clips = FolderClips(str(tmp_path), 8, skip_short=True)
    assert [(clips.name(i), clips.num_frames(i)) for i in range(len(clips))] == [('a', 3), ('c', 2)]
    assert clips.frame(1, 1)[0, 0, 0] == 1
    assert len(warned) == 1 and '2 of 4 clips' in warned[0] and warned[0].endswith('b, d')
    with pytest.raises(ValueError, match='fewer than 4 frames'):
        FolderClips(str(tmp_path), 8, skip_short=True, min_frames=4)  # none would be left


def test_natural_key():
    assert sorted(['f10', 'f2', 'a', '3'], key=natural_key) == ['3', 'a', 'f2', 'f10']


def test_include_and_exclude_choose_by_name(tmp_path):
    for name in ('actor0/wave', 'actor0/bend', 'actor1/wave', 'actor7/wave'):
        write_clip(tmp_path, name)
    clips = FolderClips(str(tmp_path), 8, include=['actor[0-6]/*'], exclude=['*/bend'])
    assert [clips.name(i) for i in range(len(clips))] == ['actor0/wave', 'actor1/wave']


def test_backgrounds_lie_beside_their_clip_and_are_no_frames(tmp_path):
    write_clip(tmp_path, 'a')
    write_clip(tmp_path, 'b')
    write(tmp_path / 'a.background.jpg', 200)
    write(tmp_path / 'a' / 'x.background.jpg', 100)
    clips = FolderClips(str(tmp_path), 4)
    assert clips.num_frames(0) == 2
    assert clips.background(0).tolist() == np.full((4, 4, 3), 200).tolist()
    assert clips.background(1) is None


def test_shrinking_averages_areas(tmp_path):
    image = np.zeros((4, 4, 3), np.uint8)
    image[:2, :2] = [[[0], [100]], [[40], [60]]]
    (tmp_path / 'a').mkdir()
    for t in range(2):
        cv2.imwrite(str(tmp_path / 'a' / f'{t}.png'), image)
    frame = FolderClips(str(tmp_path), 2).frame(0, 0)
    # Pixel 0 lies at column 0; the border standing in for what is outside, columns 0 and 1 weigh
    # 3/4 and 1/4. Pixel 1 lies at column 2; columns 1 to 3 weigh 1/4, 1/2, 1/4. Rows alike:
    # 3/4 * 25 + 1/4 * 45 = 30; 3/4 * 25 + 1/4 * 15 = 22.5; 45 / 4 = 11.25; 15 / 4 = 3.75.
    np.testing.assert_allclose(frame[..., 0], [[30, 22.5], [11.25, 3.75]], atol=0.51)


def test_cache_keeps_frames_and_is_optional(tmp_path):
    write_clip(tmp_path, 'a')
    kept, fresh = (FolderClips(str(tmp_path), 8, cache=cache) for cache in (True, False))
    assert kept.frame(0, 0)[0, 0, 0] == fresh.frame(0, 0)[0, 0, 0] == 0
    write(tmp_path / 'a' / '0.png', 77)
    assert kept.frame(0, 0)[0, 0, 0] == 0
    assert fresh.frame(0, 0)[0, 0, 0] == 77


def test_a_link_back_does_not_loop(tmp_path):
    write_clip(tmp_path, 'a')
    (tmp_path / 'a' / 'up').symlink_to(tmp_path, target_is_directory=True)
    assert len(FolderClips(str(tmp_path), 8)) == 1


def test_folder_errors_name_the_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match='nowhere does not exist'):
        FolderClips(str(tmp_path / 'nowhere'), 8)
    with pytest.raises(FileNotFoundError, match=f'no folder below {tmp_path} holds images'):
        FolderClips(str(tmp_path), 8)
    write(tmp_path / '0.png', 0)
    with pytest.raises(FileNotFoundError, match=r'clips are its subfolders.*include='):
        FolderClips(str(tmp_path), 8)
    write_clip(tmp_path, 'long')
    with pytest.raises(FileNotFoundError, match=r"none of the 1 clips.*include=\['x'\]"):
        FolderClips(str(tmp_path), 8, include=['x'])
    write_clip(tmp_path, 'short', count=1)
    with pytest.raises(ValueError, match=r'1 clips have fewer than 2 frames: .*short \(1\)'):
        FolderClips(str(tmp_path), 8)
    assert len(FolderClips(str(tmp_path), 8, min_frames=1)) == 2
    assert len(FolderClips(str(tmp_path), 8, exclude=['short'])) == 1


def test_folders_that_cannot_be_listed_are_named(tmp_path, monkeypatch):
    for name in ('a', 'b'):
        write_clip(tmp_path, name)
    plain = os.scandir

    def guarded(path):
        if str(path).endswith('b'):
            raise PermissionError(13, 'Permission denied', str(path))
        return plain(path)

    warned = []
    monkeypatch.setattr(os, 'scandir', guarded)
    monkeypatch.setattr(MMLogger.get_current_instance(), 'warning', warned.append)
    assert len(FolderClips(str(tmp_path), 8)) == 1
    assert len(warned) == 1 and 'cannot be listed: Permission denied (b)' in warned[0]


# ------------------------------------------------------------------ with a list

@pytest.fixture
def root(tmp_path):
    for name, count in (('actor2/walk', 12), ('actor10', 2), ('actor10/walk', 3), ('flat', 5)):
        write_clip(tmp_path / 'clips', name, count, value=count)
    write(tmp_path / 'clips/flat.background.jpg', 200)
    return tmp_path / 'clips'


def test_with_a_list_all_is_as_without(root, tmp_path):
    list_file = str(tmp_path / 'list.txt')
    for options in (dict(), dict(include=['actor*'], exclude=['*0']), dict(cache=False)):
        plain = FolderClips(str(root), 8, **options)
        listed = FolderClips(str(root), 8, list_file=list_file, **options)
        assert [listed.name(i) for i in range(len(listed))] == [
            plain.name(i) for i in range(len(plain))]
        for uniform in ('frames', 'clips'):
            one, other = (FramePairDataset(clips, 8, seed=3, uniform=uniform, gap=(1, 4))
                          for clips in (plain, listed))
            assert len(one) == len(other)
            for draw in range(100):
                assert one.pair_of(draw) == other.pair_of(draw)
                assert (one[draw]['image'] == other[draw]['image']).all()
    listed = FolderClips(str(root), 8, list_file=list_file)
    assert np.array_equal(listed.background(3), FolderClips(str(root), 8).background(3))
    copy = pickle.loads(pickle.dumps(listed))
    assert copy.path(0, 10) == root / 'actor2/walk/10.png' and copy.frame(0, 10)[0, 0, 0] == 22
    assert (tmp_path / 'list.txt').read_text() == 'actor2/walk\nactor10\nactor10/walk\nflat\n'


def test_no_clip_of_a_list_is_opened_before_it_is_drawn(root, tmp_path, monkeypatch):
    list_file = tmp_path / 'list.txt'
    list_file.write_text('flat\nactor2/walk\n')
    with monkeypatch.context() as patched:
        patched.setattr(os, 'scandir', None)
        clips = FolderClips(str(root), 8, list_file=str(list_file))
    assert [clips.name(i) for i in range(2)] == ['flat', 'actor2/walk']
    assert [clips.num_frames(i) for i in range(2)] == [5, 12]


def test_clips_of_a_list_that_cannot_be_used(root, tmp_path):
    clips = FolderClips(str(root), 8, list_file=str(tmp_path / 'list.txt'), min_frames=3)
    with pytest.raises(UnreadableFrameError, match='actor10: has 2 frames, .* min_frames=3'):
        clips.num_frames(1)
    shutil.rmtree(root / 'flat')
    with pytest.raises(UnreadableFrameError, match='flat: No such file'):
        clips.frame(3, 0)
    with pytest.raises(IndexError, match='no frame 3 of clip 2'):
        clips.frame(2, 3)
    pairs = FramePairDataset(clips, 8, seed=0, uniform='clips', max_unreadable=1.0)
    assert {pairs.pair_of(draw)[0] for draw in range(40)} == {0, 2}
    assert len(pairs.unreadable) == 2
    with pytest.raises(ValueError, match='list.txt lists flat, which is not below'):
        FolderClips(str(root), 8, list_file=str(tmp_path / 'list.txt'))


def test_skip_short_looks_into_every_clip(root, tmp_path):
    with pytest.raises(ValueError, match='skip_short looks into every clip'):
        FolderClips(str(root), 8, skip_short=True, list_file=str(tmp_path / 'list.txt'))


@pytest.mark.parametrize('options, message', [
    (dict(non_square='squash'), "'squash'"), (dict(include='a*'), 'lists of patterns'),
    (dict(exclude='a*'), 'lists of patterns'), (dict(image_size=0), 'positive'),
    (dict(min_frames=0), 'positive')])
def test_bad_options(tmp_path, options, message):
    write_clip(tmp_path, 'a')
    with pytest.raises(ValueError, match=message):
        FolderClips(**{**dict(root=str(tmp_path), image_size=8), **options})


def test_a_frame_of_another_size_is_named_once(tmp_path, warned):
    for t, side in enumerate((8, 8, 6, 8)):
        write(tmp_path / 'a' / f'{t}.png', 0, (side, side))
    clips = FolderClips(str(tmp_path), 4)
    for t in range(4):
        clips.frame(0, t)
    line, = warned
    assert line.startswith(
        f'{tmp_path / "a" / "2.png"} has 6 x 6 pixels and 1.png of its clip 8 x 8')
