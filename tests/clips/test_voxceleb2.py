import os
import pickle

import pytest
from mmpose.registry import DATASETS

from ikp_mm.io.pictures import UnreadableFrameError
from ikp_mm.clips.frame_pairs import FramePairDataset
from ikp_mm.clips.voxceleb2 import VoxCeleb2Clips

from tiny_layouts_faces import number_of, numbered_video

pytest.importorskip('av')

SIZE = 64
NAMES = ('dev/id00012/21Uxsk56VDQ/00001', 'dev/id00012/21Uxsk56VDQ/00002',
         'dev/id00015/0fijmz4vTVU/00001', 'test/id00017/01dfn2spqyE/00001')


def add_video(root, name, count=6):
    split, below = name.split('/', 1)
    return numbered_video(root / split / 'mp4' / f'{below}.mp4', count, height=SIZE)


@pytest.fixture
def root(tmp_path):
    for number, name in enumerate(NAMES):
        add_video(tmp_path, name, 4 + 2 * number)
    (tmp_path / 'dev' / 'mp4' / 'id00012' / '21Uxsk56VDQ' / '._00001.mp4').write_text('a Mac')
    return tmp_path


def names(clips):
    return [clips.name(i) for i in range(len(clips))]


def test_every_utterance_of_the_splits_is_a_clip(root):
    clips = DATASETS.build(dict(type='VoxCeleb2Clips', root=str(root), image_size=SIZE))
    assert names(clips) == list(NAMES[:3])
    assert [clips.num_frames(i) for i in range(3)] == [4, 6, 8]
    assert [number_of(clips.frame(2, t)) for t in (7, 0, 5)] == [7, 0, 5]
    assert clips.path(1) == root / 'dev/mp4/id00012/21Uxsk56VDQ/00002.mp4'
    assert clips.background(0) is None and clips.frame(0, 0).shape == (SIZE, SIZE, 3)
    both = VoxCeleb2Clips(str(root), SIZE, splits=['test', 'dev'])
    assert names(both) == list(NAMES)
    assert names(VoxCeleb2Clips(str(root), SIZE, exclude=['dev/id00012/*'])) == [NAMES[2]]
    with pytest.raises(FileNotFoundError, match=r"none of the 3 clips below .* include=\['x'\]"):
        VoxCeleb2Clips(str(root), SIZE, include=['x'])


def test_the_tree_is_listed_once_and_no_video_opened(root, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError('a video was opened')

    monkeypatch.setattr('ikp_mm.clips.videos.OpenVideos.reader', refuse)
    assert names(VoxCeleb2Clips(str(root), SIZE)) == list(NAMES[:3])
    index = root / 'ikp_mm_dev.txt'
    assert index.read_text().splitlines() == ['# VoxCeleb2 videos of dev, 2 persons', *NAMES[:3]]
    monkeypatch.setattr(VoxCeleb2Clips, '_find', refuse)
    again = VoxCeleb2Clips(str(root), SIZE)
    assert names(again) == list(NAMES[:3])
    # One array of bytes, not a list of strings.
    assert again._names.dtype.kind == 'S' and again._names.dtype.itemsize == len(NAMES[0])
    assert len(pickle.dumps(again)) < 1000
    assert [path.name for path in root.iterdir() if 'ikp_mm' in path.name] == [index.name]


def test_a_list_elsewhere(root, tmp_path):
    index = tmp_path / 'lists' / 'vox.txt'
    VoxCeleb2Clips(str(root), SIZE, splits=['test'], list_file=str(index))
    assert index.read_text().splitlines()[1:] == [NAMES[3]]
    assert not (root / 'ikp_mm_test.txt').exists()
    (tmp_path / 'file').write_text('')
    with pytest.raises(OSError, match=r'the list .*vox\.txt cannot be written .*list_file'):
        VoxCeleb2Clips(str(root), SIZE, list_file=str(tmp_path / 'file' / 'vox.txt'))


def test_a_list_of_another_root_is_refused(root, tmp_path):
    index = str(tmp_path / 'vox.txt')
    VoxCeleb2Clips(str(root), SIZE, list_file=index)
    # Other persons, as many of them.
    other = tmp_path / 'other'
    add_video(other, 'dev/id00012/21Uxsk56VDQ/00001')
    add_video(other, 'dev/id09999/0fijmz4vTVU/00001')
    with pytest.raises(ValueError, match=r'vox\.txt lists dev/id00012/21Uxsk56VDQ/00002, which '
                       'is not below .*other; .*delete it'):
        VoxCeleb2Clips(str(other), SIZE, list_file=index)
    # Another number of persons: unpacked only in part when it was listed.
    add_video(root, 'dev/id00020/0fijmz4vTVU/00001')
    with pytest.raises(ValueError, match=r"vox\.txt does not fit .*2 persons.*expected.*3 persons"):
        VoxCeleb2Clips(str(root), SIZE, list_file=index)
    # The same persons, but a video is gone.
    again = str(tmp_path / 'again.txt')
    VoxCeleb2Clips(str(root), SIZE, list_file=again)
    (root / 'dev/mp4/id00012/21Uxsk56VDQ/00002.mp4').unlink()
    with pytest.raises(ValueError, match='lists dev/id00012/21Uxsk56VDQ/00002, which is not below'):
        VoxCeleb2Clips(str(root), SIZE, list_file=again)
    # Of other splits, and no index at all.
    with pytest.raises(ValueError, match='does not fit'):
        VoxCeleb2Clips(str(root), SIZE, splits=['test'], list_file=index)
    (tmp_path / 'notes.txt').write_text('some notes')
    with pytest.raises(ValueError, match=r"notes\.txt does not fit .*some notes"):
        VoxCeleb2Clips(str(root), SIZE, list_file=str(tmp_path / 'notes.txt'))


def test_videos_that_cannot_be_used_are_named(root):
    clips = VoxCeleb2Clips(str(root), SIZE, min_frames=5)
    with pytest.raises(UnreadableFrameError, match=r'00001\.mp4: has 4 frames, fewer than min_frames=5'):
        clips.num_frames(0)
    path = clips.path(1)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(UnreadableFrameError, match=r'00002\.mp4: Invalid data'):
        clips.num_frames(1)
    assert clips.num_frames(2) == 8


def test_pairs_of_clips(root):
    """A broken video is counted, named and drawn around; both frames come from one video."""
    broken = root / 'dev/mp4/id00012/21Uxsk56VDQ/00002.mp4'
    broken.write_text('no video')
    clips = VoxCeleb2Clips(str(root), SIZE)
    pairs = FramePairDataset(clips, SIZE, seed=0, gap=(1, 2), uniform='clips', max_unreadable=0.5)
    assert len(pairs) == 3
    drawn = [pairs.pair_of(draw) for draw in range(40)]
    assert {clip for clip, _, _ in drawn} == {0, 2}
    assert pairs.unreadable == [f'{broken}: Invalid data found when processing input']
    for draw in (3, 8):
        clip, t, other = drawn[draw]
        item = pairs[draw]
        for key, number in (('image', t), ('appearance', other)):
            assert number_of(item[key].permute(1, 2, 0).numpy()) == number


def test_no_files(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'dev/mp4 does not exist\..*docs/datasets\.md'):
        VoxCeleb2Clips(str(tmp_path), SIZE)
    os.makedirs(tmp_path / 'dev/mp4/id00012')
    with pytest.raises(FileNotFoundError, match=r'no video in the layout .*docs/datasets\.md'):
        VoxCeleb2Clips(str(tmp_path), SIZE)


@pytest.mark.parametrize('options, message', [
    (dict(splits='dev'), 'splits'), (dict(splits=['train']), 'splits'), (dict(splits=[]), 'splits'),
    (dict(include='dev/*'), 'lists of patterns'), (dict(min_frames=0), 'min_frames'),
    (dict(non_square='stretch'), 'non_square'),
])
def test_refusals(tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        VoxCeleb2Clips(str(tmp_path), SIZE, **options)
