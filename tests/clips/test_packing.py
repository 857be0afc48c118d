from pathlib import Path

import numpy as np
import pytest

from ikp_mm.clips.packed import PackedClips, PackedFormatError
from ikp_mm.clips.packing import config_lines, find_pack_source, median_options
from ikp_mm.io import progress

from tiny_packed import SIZE, TinyClips, pack

pytest.importorskip('lmdb')


def test_report(tmp_path):
    report = pack(TinyClips(), tmp_path / 'packed')
    assert (report['clips'], report['frames'], report['unreadable']) == (3, 78, [])
    assert report['bytes'] == (tmp_path / 'packed' / 'data.mdb').stat().st_size
    assert [path.name for path in tmp_path.iterdir()] == ['packed']


@pytest.mark.parametrize('codec', ['raw', 'png', 'jpeg'])
def test_there_is_room_for_noise(tmp_path, codec):
    """What compresses worst, and masks that are no grey levels."""
    class Noise(TinyClips):
        def frame(self, i, t):
            return np.random.default_rng([i, t]).integers(0, 256, (64, 64, 3), dtype=np.uint8)

        def background(self, i):
            return self.frame(i, 99)

        def mask(self, i, t):
            return np.random.default_rng([i, t]).random((64, 64), np.float32)

    clips = Noise(lengths=(200, 1, 200))
    pack(clips, tmp_path / 'packed', image_size=64, masks=True, codec=codec)
    packed = PackedClips(str(tmp_path / 'packed'), 64)
    assert np.array_equal(packed.frame(2, 199), clips.frame(2, 199)) == (codec != 'jpeg')
    assert np.array_equal(packed.mask(2, 199), clips.mask(2, 199))


@pytest.mark.slow
def test_workers_write_the_same(tmp_path):
    clips = TinyClips(unreadable=[(1, 65)])
    reports = [pack(clips, tmp_path / str(workers), workers=workers, masks=True)
               for workers in (0, 2)]
    ours, theirs = (PackedClips(str(tmp_path / str(workers)), SIZE) for workers in (0, 2))
    assert {key for key in reports[0] if reports[0][key] != reports[1][key]} == {'identity'}
    assert len(reports[0]['unreadable']) == 1
    for i, count in enumerate(clips.lengths):
        for t in set(range(count)) - {65}:
            assert np.array_equal(ours.frame(i, t), theirs.frame(i, t))


class Interrupting(TinyClips):

    def frame(self, i, t):
        if (i, t) == (1, 66):
            raise KeyboardInterrupt
        return super().frame(i, t)


def test_interrupted_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        pack(Interrupting(), tmp_path / 'packed')
    assert not list(tmp_path.iterdir())


def test_interrupted_overwriting_leaves_the_old(tmp_path):
    pack(TinyClips(lengths=(4, )), tmp_path / 'packed')
    with pytest.raises(KeyboardInterrupt):
        pack(Interrupting(), tmp_path / 'packed', overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ['packed']
    assert PackedClips(str(tmp_path / 'packed'), SIZE).frame_counts.tolist() == [4]


def test_nothing_is_overwritten_unasked(tmp_path):
    pack(TinyClips(), tmp_path / 'packed')
    with pytest.raises(FileExistsError, match='packed exists; give --overwrite'):
        pack(TinyClips(), tmp_path / 'packed')
    (tmp_path / 'other').mkdir()
    with pytest.raises(FileExistsError, match='other is in the way: it holds no packed.json'):
        pack(TinyClips(), tmp_path / 'other', overwrite=True)


def test_a_database_of_another_packing(tmp_path):
    """data.mdb copied without the files beside it, of the very same length."""
    for name in 'ab':
        pack(TinyClips(), tmp_path / name)
    (tmp_path / 'a' / 'data.mdb').write_bytes((tmp_path / 'b' / 'data.mdb').read_bytes())
    with pytest.raises(PackedFormatError, match='another packing than its index says'):
        PackedClips(str(tmp_path / 'a'), SIZE).frame(0, 0)


def test_progress(tmp_path, monkeypatch):
    monkeypatch.setattr(progress, 'SECONDS_BETWEEN_LINES', 0.0)
    lines = []
    pack(TinyClips(), tmp_path / 'packed', say=lines.append)
    assert [line.split(',')[0] for line in lines] == [
        f'{done} of 78 frames' for done in (5, 69, 75, 78)]


def test_wrong_size_and_missing_masks(tmp_path):
    with pytest.raises(ValueError, match=r"clip 'actor0/ä' frame 0 is uint8 \(16, 16, 3\)"):
        pack(TinyClips(), tmp_path / 'packed', image_size=8)
    with pytest.raises(ValueError, match='it has no method mask'):
        pack(dict(type='SyntheticClips', num_clips=1, frames_per_clip=2), tmp_path / 'packed',
             masks=True)
    with pytest.raises(ValueError, match="codec must be one of .* got 'gif'"):
        pack(TinyClips(), tmp_path / 'packed', codec='gif')
    assert not list(tmp_path.iterdir())


# ------------------------------------------------------------------ what to pack

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
    clips, image_size, background = find_pack_source(config())
    assert clips == dict(type='FolderClips', root='data/clips', cache=False) and image_size == 32
    assert median_options(background) == dict(source='clip_median', threshold=16.0, max_frames=50)
    clips, image_size, _ = find_pack_source(config(), 64,
                                            {'train_dataloader.dataset.clips.root': 'x'})
    assert image_size == 64 and clips['root'] == 'x'


def test_what_to_write_into_the_config(config):
    clips = "clips=dict(type='PackedClips', path='data/packed'),"
    assert config_lines(Path('data/packed')) == [clips]
    assert config_lines(Path('data/packed'), find_pack_source(config())[2]) == [
        clips, "background=dict(source='given', threshold=16.0, fill=127),"]


def test_medians_that_no_training_takes(config):
    for background in (None, find_pack_source(config('mask'))[2]):
        with pytest.raises(ValueError, match="packing medians needs .*'clip_median'"):
            median_options(background)


def test_a_config_without_clips(tmp_path):
    (tmp_path / 'c.py').write_text('train_dataloader = dict(dataset=dict(type="CocoDataset"))')
    with pytest.raises(ValueError, match='no train_dataloader.dataset.clips'):
        find_pack_source(tmp_path / 'c.py')


def test_folders(tmp_path):
    (tmp_path / 'clips' / 'a').mkdir(parents=True)
    (tmp_path / 'clips' / 'a' / '0.PNG').touch()
    (tmp_path / 'videos').mkdir()
    for name in ('a.mp4', 'contact_sheet_00.jpg', 'a_labeled.mp4', '.a.jpg'):
        (tmp_path / 'videos' / name).touch()  # a contact sheet is no frame
    assert find_pack_source(tmp_path / 'clips', 16, dict(non_square='pad')) == (
        dict(type='FolderClips', root=str(tmp_path / 'clips'), non_square='pad', cache=False), 16,
        None)
    assert find_pack_source(tmp_path / 'videos', 16)[0]['type'] == 'VideoClips'
    with pytest.raises(ValueError, match='images and videos'):
        find_pack_source(tmp_path, 16)
    with pytest.raises(ValueError, match='give --image-size'):
        find_pack_source(tmp_path)
    (tmp_path / 'empty').mkdir()
    with pytest.raises(FileNotFoundError, match='neither images nor videos'):
        find_pack_source(tmp_path / 'empty', 16)
    with pytest.raises(FileNotFoundError, match='neither a config file nor a folder'):
        find_pack_source(tmp_path / 'nothing', 16)
