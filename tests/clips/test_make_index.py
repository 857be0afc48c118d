import pytest

from ikp_mm.clips.clip_index import ClipIndex
from ikp_mm.clips.make_index import make_index


@pytest.fixture
def root(tmp_path):
    for clip in ('a', 'b'):
        (tmp_path / 'clips' / clip).mkdir(parents=True)
        for name in ('0.jpg', '1.jpg', '0.foo'):
            (tmp_path / 'clips' / clip / name).write_bytes(b'')  # never opened
    return tmp_path / 'clips'


def test_written_where_it_was_asked_for(root, tmp_path):
    made = make_index(root, tmp_path / 'index')
    opened = ClipIndex.open(tmp_path / 'index')
    assert opened.frame_counts.tolist() == made.frame_counts.tolist() == [2, 2]
    assert opened.options['background_suffix'] == '.background.jpg'


def test_options_are_recorded(root, tmp_path):
    make_index(root, tmp_path / 'index', suffixes=['.FOO'], background_suffix=None, workers=1)
    opened = ClipIndex.open(tmp_path / 'index')
    assert opened.frame_counts.tolist() == [1, 1]
    assert opened.options == dict(suffixes=['.foo'], background_suffix=None)


def test_refusals(root, tmp_path):
    with pytest.raises(ValueError, match="kind must be one of .*'clips', 0"):
        make_index(root, tmp_path / 'index', 'clips')
    with pytest.raises(ValueError, match='-1'):
        make_index(root, tmp_path / 'index', workers=-1)
    make_index(root, tmp_path / 'index')
    with pytest.raises(FileExistsError, match='--overwrite'):  # before anything is looked through
        make_index(tmp_path / 'absent', tmp_path / 'index')
    make_index(root, tmp_path / 'index', overwrite=True)


def test_what_an_interrupted_index_of_videos_left_is_not_removed_by_one_of_folders(root, tmp_path):
    (tmp_path / 'index.parts').mkdir()
    make_index(root, tmp_path / 'index')
    assert (tmp_path / 'index.parts').is_dir()
