from pathlib import Path

import pytest

from ikp_mm.clips.packed_sources import find_pack_source

CONFIG = """
train_dataloader = dict(dataset=dict(
    type='FramePairDataset', clips=dict(type='FolderClips', root='data/clips'), image_size=32,
    background=dict(source={source!r}, threshold=16.0, max_frames=50, fill=127)))
"""


@pytest.fixture
def config(tmp_path):
    def write(source='clip_median'):
        path = tmp_path / 'config.py'
        path.write_text(CONFIG.format(source=source))
        return path
    return write


def test_config(config):
    source = find_pack_source(config())
    assert source.clips == dict(type='FolderClips', root='data/clips', cache=False)
    assert source.image_size == 32 and not source.wants_masks
    assert source.median_options() == dict(source='clip_median', threshold=16.0, max_frames=50)
    changed = find_pack_source(config(), 64, {'train_dataloader.dataset.clips.root': 'x'})
    assert changed.image_size == 64 and changed.clips['root'] == 'x'


def test_what_to_write_into_the_config(config):
    source = find_pack_source(config())
    clips = "clips=dict(type='PackedClips', path='data/packed'),"
    assert source.config_lines(Path('data/packed'), medians=False) == [clips]
    assert source.config_lines(Path('data/packed'), medians=True) == [
        clips, "background=dict(source='given', threshold=16.0, fill=127),"]


def test_masks(config):
    source = find_pack_source(config('mask'))
    assert source.wants_masks
    with pytest.raises(ValueError, match="packing medians needs .*'clip_median'"):
        source.median_options()


def test_a_config_without_clips(tmp_path):
    (tmp_path / 'c.py').write_text('train_dataloader = dict(dataset=dict(type="CocoDataset"))')
    with pytest.raises(ValueError, match='no train_dataloader.dataset.clips'):
        find_pack_source(tmp_path / 'c.py')


def test_folders(tmp_path):
    (tmp_path / 'clips' / 'a').mkdir(parents=True)
    (tmp_path / 'clips' / 'a' / '0.PNG').touch()
    (tmp_path / 'videos').mkdir()
    (tmp_path / 'videos' / 'a.mp4').touch()
    found = find_pack_source(tmp_path / 'clips', 16, dict(non_square='pad'))
    assert found.clips == dict(type='FolderClips', root=str(tmp_path / 'clips'), non_square='pad',
                               cache=False)
    assert find_pack_source(tmp_path / 'videos', 16).clips['type'] == 'VideoClips'
    with pytest.raises(ValueError, match='images and videos'):
        find_pack_source(tmp_path, 16)
    with pytest.raises(ValueError, match='give --image-size'):
        find_pack_source(tmp_path)
    (tmp_path / 'empty').mkdir()
    with pytest.raises(FileNotFoundError, match='neither images nor videos'):
        find_pack_source(tmp_path / 'empty', 16)
    with pytest.raises(FileNotFoundError, match='neither a config file nor a folder'):
        find_pack_source(tmp_path / 'nothing', 16)
