import os
import pickle
import shutil

import cv2
import numpy as np
import pytest

from ikp_mm.clips import index_folders as module
from ikp_mm.clips.clip_index import ClipIndex, StaleIndexError
from ikp_mm.clips.folders import FolderClips
from ikp_mm.io.frame_names import decode_names
from ikp_mm.clips.frame_pairs import FramePairDataset
from ikp_mm.clips.index_folders import index_folders
from ikp_mm.io.find import IMAGE_SUFFIXES

SIZE = 4


def write_clip(root, name, frames):
    (root / name).mkdir(parents=True, exist_ok=True)
    for value, frame in enumerate(frames):
        assert cv2.imwrite(str(root / name / frame), np.full((SIZE, SIZE, 3), value, np.uint8))


@pytest.fixture
def root(tmp_path):
    root = tmp_path / 'clips'
    write_clip(root, 'actor2/walk', [f'{t}.png' for t in range(12)])
    write_clip(root, 'actor10/walk', ['b.png', 'a7.png', 'c.png'])
    write_clip(root, 'actor10', ['lone.png', 'other.png'])
    write_clip(root, 'flat', [f'x{t:03d}.png' for t in range(5, 30, 5)])
    write_clip(root, '.hidden', ['0.png', '1.png'])
    (root / 'empty').mkdir()
    cv2.imwrite(str(root / 'flat.background.jpg'), np.full((SIZE, SIZE, 3), 200, np.uint8))
    return root


def settle(root):
    """As if all had been written an hour ago: times of change are then trusted."""
    for folder in [root, *(path for path in root.rglob('*') if path.is_dir())]:
        os.utime(folder, (1e9, 1e9))


def listed(index):
    return [(index.names.text(i), decode_names(index.entries.view(i), int(count)))
            for i, count in enumerate(index.frame_counts)]


EXPECTED = [('actor2/walk', [f'{t}.png' for t in range(12)]),
            ('actor10', ['lone.png', 'other.png']),
            ('actor10/walk', ['a7.png', 'b.png', 'c.png']),
            ('flat', ['x005.png', 'x010.png', 'x015.png', 'x020.png', 'x025.png'])]


def test_what_is_found(root):
    settle(root)
    index = index_folders(root)
    assert listed(index) == EXPECTED and index.times.tolist() == [10**18] * 4
    assert index.options == dict(suffixes=list(IMAGE_SUFFIXES),
                                 background_suffix='.background.jpg')


def test_times_of_what_was_just_written_are_not_trusted(root):
    assert index_folders(root).times.tolist() == [0] * 4


def test_several_parts_make_the_same_index(root, monkeypatch):
    """Cut into parts as for workers, but looked through here: processes change nothing."""
    (root / 'actor2/walk/up').symlink_to(root, target_is_directory=True)
    (root / 'actor1').symlink_to(root / 'flat', target_is_directory=True)
    alone = index_folders(root)
    # The link comes first or not as the disk lists them; never do both.
    assert sorted(name.replace('flat', 'actor1') for name, _ in listed(alone)) == [
        'actor1', 'actor10', 'actor10/walk', 'actor2/walk']
    monkeypatch.setattr(module, 'in_workers', lambda work, parts, workers: map(work, parts))
    for subtrees in (1, 3, 64):
        monkeypatch.setattr(module, 'SUBTREES_PER_WORKER', subtrees)
        assert listed(index_folders(root, workers=1)) == listed(alone)


def test_two_workers_make_the_same_index(root):
    assert listed(index_folders(root, workers=2)) == EXPECTED


def test_folders_that_cannot_be_listed_are_named(root, monkeypatch):
    plain = os.scandir

    def guarded(path):
        if str(path).endswith('actor2'):
            raise PermissionError(13, 'Permission denied', str(path))
        return plain(path)

    monkeypatch.setattr(os, 'scandir', guarded)
    index = index_folders(root)
    assert [name for name, _ in listed(index)] == ['actor10', 'actor10/walk', 'flat']
    assert index.unreadable == [f'{root / "actor2"}: Permission denied']


def sources(root, index, **options):
    return (FolderClips(str(root), SIZE, **options),
            FolderClips(str(root), SIZE, index=str(index), **options))


def test_with_an_index_all_is_as_without(root, tmp_path):
    for options in (dict(), dict(include=['actor*'], exclude=['*0']), dict(cache=False)):
        plain, indexed = sources(root, tmp_path / 'index', **options)
        assert [indexed.name(i) for i in range(len(indexed))] == [
            plain.name(i) for i in range(len(plain))]
        assert indexed.frame_counts.tolist() == plain.frame_counts.tolist()
        assert [indexed.path(0, t) for t in range(indexed.num_frames(0))] == [
            plain.path(0, t) for t in range(plain.num_frames(0))]
        for uniform in ('frames', 'clips'):
            one, other = (FramePairDataset(clips, SIZE, seed=3, uniform=uniform, gap=(1, 4))
                          for clips in (plain, indexed))
            for draw in range(300):
                assert one.pair_of(draw) == other.pair_of(draw)
                a, b = one[draw], other[draw]
                assert all((a[key] == b[key]).all() for key in ('image', 'target', 'appearance'))
    plain, indexed = sources(root, tmp_path / 'index')
    assert np.array_equal(indexed.background(3), plain.background(3))
    assert indexed.background(0) is None and ClipIndex.open(tmp_path / 'index').root == str(root)
    copy = pickle.loads(pickle.dumps(indexed))
    assert np.array_equal(copy.frame(3, 2), plain.frame(3, 2))
    with pytest.raises(ValueError, match=r'3 clips have fewer than 6 frames: .*actor10 \(2\), .*'
                       r'actor10/walk \(3\), .*flat \(5\)'):
        sources(root, tmp_path / 'index', min_frames=6)[1]
    for options in (dict(index=str(tmp_path / 'index')), dict()):
        with pytest.raises(FileNotFoundError, match=r"none of the 4 clips .*include=\['x'\]"):
            FolderClips(str(root), SIZE, include=['x'], **options)


def test_a_stale_index_names_the_clip_and_the_command(root, tmp_path):
    settle(root)
    path = tmp_path / 'index'
    indexed = FolderClips(str(root), SIZE, index=str(path))
    write_clip(root, 'flat', ['x999.png'])
    with pytest.raises(StaleIndexError, match=rf"index {path} is stale: clip 'flat' has 6 frames "
                       rf'in {root}/flat, the index 5; .*\n +python tools/index_clips.py {root} '
                       rf'--out {path} --kind folders .*--overwrite'):
        FolderClips(str(root), SIZE, index=str(path))
    assert indexed.frame(3, 0).max() == 0  # it was compared before
    os.rename(root / 'flat/x999.png', root / 'flat/x000.png')
    os.remove(root / 'flat/x025.png')
    with pytest.raises(StaleIndexError, match="'flat' has 5 frames .* the index 5 of other names"):
        FolderClips(str(root), SIZE, index=str(path))
    shutil.rmtree(root / 'flat')
    with pytest.raises(StaleIndexError, match="clip 'flat' is not below"):
        FolderClips(str(root), SIZE, index=str(path))
    assert len(FolderClips(str(root), SIZE, index=str(path), exclude=['flat'])) == 3


def test_clips_not_compared_at_the_start_are_when_they_are_opened(root, tmp_path, monkeypatch):
    monkeypatch.setattr('ikp_mm.clips.folders.SPOT_CHECKS', 0)
    settle(root)
    indexed = FolderClips(str(root), SIZE, index=str(tmp_path / 'index'))
    shutil.rmtree(root / 'flat')
    assert indexed.frame(0, 3)[0, 0, 0] == 3
    with pytest.raises(StaleIndexError, match="clip 'flat' is not below"):
        indexed.frame(3, 0)


def test_a_clip_is_compared_once(root, tmp_path, monkeypatch):
    indexed = FolderClips(str(root), SIZE, index=str(tmp_path / 'index'), cache=False)
    monkeypatch.setattr('ikp_mm.clips.folders.check_folder', None)
    assert indexed.frame(1, 1)[0, 0, 0] == 1


def test_a_copy_of_the_clips_is_read_by_the_same_index(root, tmp_path):
    settle(root)
    FolderClips(str(root), SIZE, index=str(tmp_path / 'index'))
    shutil.copytree(root, tmp_path / 'copy', copy_function=shutil.copy)
    os.utime(tmp_path / 'copy/flat')  # another time, the same frames
    assert len(FolderClips(str(tmp_path / 'copy'), SIZE, index=str(tmp_path / 'index'))) == 4


def test_an_index_of_other_options_is_refused(root, tmp_path):
    FolderClips(str(root), SIZE, index=str(tmp_path / 'index'))
    with pytest.raises(StaleIndexError, match="made with background_suffix='.background.jpg', not "
                       'None'):
        FolderClips(str(root), SIZE, background_suffix=None, index=str(tmp_path / 'index'))


def test_errors_name_the_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match='absent does not exist'):
        index_folders(tmp_path / 'absent')
    with pytest.raises(FileNotFoundError, match='holds images but no folder of images'):
        write_clip(tmp_path, 'one', ['0.png', '1.png'])
        index_folders(tmp_path / 'one')
