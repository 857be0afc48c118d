"""Label files below a folder."""
import pytest

from ikp_mm.io.formats.label_trees import label_files


def touch(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_suffixes_in_either_case_in_natural_order(tmp_path):
    files = [touch(tmp_path / name) for name in ('run2.bvh', 'run10.BVH', 'sub/WALK.Bvh')]
    for name in ('._run2.bvh', 'run2.bvh.txt', 'notes.txt'):
        touch(tmp_path / name)
    assert label_files(tmp_path, '**/*.bvh') == files
    assert label_files(tmp_path, '*.bvh') == files[:2]
    assert label_files(tmp_path, 'sub/W*.bvh') == files[2:]


def test_linked_folders_are_entered_and_files_come_once(tmp_path):
    elsewhere = touch(tmp_path / 'elsewhere/a.pts')
    root = tmp_path / 'root'
    root.mkdir()
    (root / 'link').symlink_to(elsewhere.parent)
    (root / 'same').symlink_to(elsewhere.parent)
    assert label_files(root, '**/*.pts') == [root / 'link/a.pts']


def test_none(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'no file \*\*/\*.pts below .*\. See there'):
        label_files(tmp_path, '**/*.pts', 'See there')
