"""The finder: what is taken, and that all the rest is named."""
import os

import cv2
import numpy as np
import pytest
from mmengine.logging import MMLogger

from ikp_mm.clips.folders import FolderClips
from ikp_mm.io.find import (IMAGE_SUFFIXES, VIDEO_SUFFIXES, LeftOut, frames_in, is_frame,
                            is_labeled_copy, label_files, listings, videos_below)
from ikp_mm.io.frame_sources import find_sources


@pytest.fixture
def said(monkeypatch):
    """What is logged as a warning."""
    lines = []
    monkeypatch.setattr(MMLogger.get_current_instance(), 'warning', lines.append)
    return lines


def touch(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def found(root):
    """Paths below the root of what is found, and the reasons for the rest."""
    left_out = LeftOut(root)
    paths = []
    for folder, frames, videos in listings(root, left_out):
        paths += [os.path.relpath(folder / name, root) for name in videos + frames]
    return paths, left_out


def test_every_suffix_in_any_letter_case(tmp_path):
    names = [f'{k}{suffix.upper() if k % 2 else suffix}'
             for k, suffix in enumerate(IMAGE_SUFFIXES + VIDEO_SUFFIXES)]
    touch(tmp_path, *names)
    assert sorted(found(tmp_path)[0]) == sorted(names)
    for suffix in ('.MTS', '.ts', '.flv', '.3gp', '.m4v', '.wmv', '.JPG', '.TIF'):
        assert suffix.lower() in IMAGE_SUFFIXES + VIDEO_SUFFIXES


def test_other_files_are_counted_and_named_but_for_labels_and_notes(tmp_path, said):
    touch(tmp_path, 'a.mp4', 'b.HEIC', 'c.dav', 'README', 'labels.csv', 'x.H5', '.hidden.heic')
    paths, left_out = found(tmp_path)
    assert paths == ['a.mp4'] and left_out.paths == {
        'files that are no pictures or videos by their names': ['README', 'b.HEIC', 'c.dav']}
    find_sources([tmp_path])
    assert said == [f'below {tmp_path} left out: 3 files that are no pictures or videos by their '
                    'names (README, b.HEIC, c.dav)']
    (tmp_path / 'a.mp4').unlink()
    with pytest.raises(FileNotFoundError, match=r'holds no video .*left out: 3 files .*b\.HEIC'):
        find_sources([tmp_path])
    with pytest.raises(FileNotFoundError, match=r'is a video by its name .*left out: 3 files'):
        videos_below(tmp_path)


def test_a_folder_half_png_half_tiff_is_whole_and_in_order(tmp_path):
    for t in range(6):
        name = f'{t}{(".png", ".TIF")[t % 2]}'
        cv2.imwrite(str(tmp_path / name), np.full((8, 8, 3), 10 * t, np.uint8))
    source, = find_sources([tmp_path])
    assert [int(frame[0, 0, 0]) for frame in source] == [0, 10, 20, 30, 40, 50]


def test_one_frame_in_two_formats_is_said(tmp_path, said):
    touch(tmp_path, 'v/1.jpg', 'v/1.png', 'v/2.jpg')
    find_sources([tmp_path])
    assert len(said) == 1 and 'v/1.png, which is there in another format too' in said[0]


def test_linked_folders_are_followed_once_and_named(tmp_path, monkeypatch):
    touch(tmp_path, 'disk/two/b.mp4', 'data/one/a.mp4')
    data = tmp_path / 'data'
    for name, target in (('two', tmp_path / 'disk/two'), ('three', tmp_path / 'disk/two'),
                         ('four', data / 'one'), ('one/up', data), ('five', tmp_path / 'gone')):
        (data / name).symlink_to(target, target_is_directory=True)
    paths, left_out = found(data)
    assert paths == ['one/a.mp4', 'three/b.mp4']
    assert left_out.paths == {
        'links to folders that come under their own names': ['four', 'one/up'],
        'links to nothing': ['five'], 'links to folders that were followed before': ['two']}
    lines = []
    monkeypatch.setattr(MMLogger.get_current_instance(), 'info', lines.append)
    assert [source.name for source in find_sources([data])] == ['one_a', 'three_b']
    assert lines == [f'below {data} 2 linked folders are followed: three -> {tmp_path}/disk/two, '
                     f'two -> {tmp_path}/disk/two']
    assert videos_below(data) == ['one/a.mp4', 'three/b.mp4']


def test_a_link_into_a_hidden_store_is_followed(tmp_path):
    touch(tmp_path, '.store/7/a.mp4')
    (tmp_path / 'talks').symlink_to(tmp_path / '.store/7', target_is_directory=True)
    assert found(tmp_path)[0] == ['talks/a.mp4']


def test_folders_that_cannot_be_listed_are_named(tmp_path, monkeypatch):
    touch(tmp_path, 'a/1.png', 'locked/1.png')
    plain = os.scandir

    def guarded(path):
        if str(path).endswith('locked'):
            raise PermissionError(13, 'Permission denied', str(path))
        return plain(path)

    monkeypatch.setattr(os, 'scandir', guarded)
    paths, left_out = found(tmp_path)
    assert paths == ['a/1.png'] and left_out.paths == {
        'folders that cannot be listed: Permission denied': ['locked']}


def test_copies_with_labels_drawn_on_are_left_out(tmp_path, said):
    touch(tmp_path, 'labeled-data/day1/img1.png', 'labeled-data/day1_labeled/img1.png',
          'labeled-data/day2_labeled/img1_individual.png', 'videos/day1.mp4',
          'videos/day1DLC_resnet50_mouseSep1shuffle1_100_labeled.mp4', 'videos/Day1_Labeled.AVI',
          'elsewhere/day3DLC_resnet50_x_labeled.mp4', 'mine/rats_labeled/1.png')
    paths, left_out = found(tmp_path)
    assert paths == ['labeled-data/day1/img1.png', 'mine/rats_labeled/1.png', 'videos/day1.mp4']
    assert left_out.paths == {'copies with labels drawn on': [
        'elsewhere/day3DLC_resnet50_x_labeled.mp4', 'labeled-data/day1_labeled',
        'labeled-data/day2_labeled', 'videos/Day1_Labeled.AVI',
        'videos/day1DLC_resnet50_mouseSep1shuffle1_100_labeled.mp4']}
    # Named so, but nothing tells what it is a copy of; given itself, anything is taken.
    names = [source.name for source in find_sources(
        [tmp_path / 'mine', tmp_path / 'labeled-data/day1_labeled'])]
    assert names == ['rats_labeled', 'day1_labeled']
    assert len(said) == 1 and 'rats_labeled, which may be a copy with labels drawn on' in said[0]


def test_which_names_are_of_copies():
    assert is_labeled_copy('A_labelled', {'a'}) and not is_labeled_copy('a_labeled', {'b'})
    assert not is_labeled_copy('ab_labeled', {'a'}) and not is_labeled_copy('a', {'a'})


def write_clip(folder, count=3):
    folder.mkdir(parents=True)
    for t in range(count):
        cv2.imwrite(str(folder / f'{t:04d}.jpg'), np.full((16, 16, 3), 20 * t, np.uint8))


def test_what_our_own_tools_write_is_no_frame(tmp_path, said):
    """Backgrounds and contact sheets lie beside clips, drawn results where the demo put them."""
    root = tmp_path / 'clips'
    for clip in ('000', '001'):
        write_clip(root / 'vid' / clip)
        cv2.imwrite(str(root / 'vid' / f'{clip}.background.jpg'), np.zeros((16, 16, 3), np.uint8))
    touch(root, 'vid/002.Background.JPG', 'contact_sheet_00.jpg', 'demo/predictions.json',
          'demo/drawn.mp4', 'demo/sheet.jpg')
    sources = find_sources([root])
    assert [source.name for source in sources] == ['vid_000', 'vid_001']
    assert [source.files for source in sources] == [['0000.jpg', '0001.jpg', '0002.jpg']] * 2
    assert "3 clips' empty scenes (vid/000.background.jpg" in said[0]
    assert '1 contact sheets' in said[0]
    assert '2 pictures and videos drawn by tools/demo.py' in said[0]
    said.clear()
    clips = FolderClips(str(root), 16)
    assert [clips.name(i) for i in range(len(clips))] == ['vid/000', 'vid/001']
    assert clips.background(0) is not None and 'empty scenes' not in said[0]
    assert not is_frame('a.BACKGROUND.jpg') and is_frame('a.jpg')


def test_what_another_source_reads_is_named(tmp_path, said):
    write_clip(tmp_path / 'a')
    touch(tmp_path, 'b/film.mp4', 'stray.png')
    assert len(FolderClips(str(tmp_path), 16)) == 1
    assert '1 videos, which VideoClips reads (b/film.mp4)' in said[0]
    assert '1 pictures beside the folders of clips (stray.png)' in said[0]
    assert videos_below(tmp_path) == ['b/film.mp4']
    assert '2 folders of pictures, which FolderClips reads (., a)' in said[1]


def test_frames_of_one_folder_are_in_natural_order(tmp_path):
    touch(tmp_path, '10.png', '9.PNG', '.8.png', '7.txt', '9.background.jpg', 'sub.png/1.png')
    assert frames_in(tmp_path) == ['9.PNG', '10.png']


# ------------------------------------------------------------------ label files

def test_label_files_in_either_case_in_natural_order(tmp_path):
    names = 'run2.bvh', 'run10.BVH', 'sub/WALK.Bvh'
    touch(tmp_path, *names, '._run2.bvh', 'run2.bvh.txt', 'notes.txt')
    files = [tmp_path / name for name in names]
    assert label_files(tmp_path, '**/*.bvh') == files
    assert label_files(tmp_path, '*.bvh') == files[:2]
    assert label_files(tmp_path, 'sub/W*.bvh') == files[2:]


def test_linked_folders_of_labels_are_entered_and_files_come_once(tmp_path):
    touch(tmp_path, 'elsewhere/a.pts', 'root/notes.txt')
    for name in ('link', 'same'):
        (tmp_path / 'root' / name).symlink_to(tmp_path / 'elsewhere')
    assert label_files(tmp_path / 'root', '**/*.pts') == [tmp_path / 'root/link/a.pts']


def test_no_label_files(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'no file \*\*/\*.pts below .*\. See there'):
        label_files(tmp_path, '**/*.pts', 'See there')
