import json
import os
import pickle
from pathlib import Path

import cv2
import numpy as np
import pytest
from torch.utils.data import DataLoader

from ikp_mm.clips.frame_pairs import FramePairDataset
from ikp_mm.clips.packed import (DATABASE, DESCRIPTION, PackedClips, PackedFormatError,
                                 decode_frame, decode_mask, encode_frame, encode_mask, key_of)
from ikp_mm.io.pictures import UnreadableFrameError

from tiny_packed import SIZE, TinyClips, pack, same_draws
from tiny_videos import moving_square, write_frames

pytest.importorskip('lmdb')
GIVEN = dict(source='given', threshold=40.0, softness=5.0)


def pairs(clips, **options):
    return FramePairDataset(clips, **{**dict(image_size=SIZE, seed=3), **options})


@pytest.fixture
def packed(tmp_path):
    pack(TinyClips(), tmp_path / 'packed', masks=True)
    return str(tmp_path / 'packed')


def test_everything_that_a_source_gives(packed):
    clips, source = PackedClips(packed, SIZE), TinyClips()
    assert len(clips) == 3 and clips.frame_counts.tolist() == [5, 70, 3]
    assert [clips.name(i) for i in range(3)] == ['actor0/ä', 'actor1/ä', 'actor2/ä']
    for i in range(3):
        assert clips.num_frames(i) == source.num_frames(i)
        for t in range(clips.num_frames(i)):
            assert np.array_equal(clips.frame(i, t), source.frame(i, t))
            assert np.array_equal(clips.mask(i, t), source.mask(i, t))
    assert np.array_equal(clips.background(1), source.background(1))
    assert clips.background(2) is None


@pytest.mark.parametrize('options', [
    {}, dict(background=dict(source='clip_median')), dict(background=dict(source='mask')),
    dict(uniform='clips', augment=dict(rotate_deg=20.0), appearance_warp={})])
def test_draws_are_those_of_the_source(packed, options):
    assert same_draws(pairs(PackedClips(packed, SIZE), **options), pairs(TinyClips(), **options))


def folders(tmp_path):
    for name in ('b', 'a10', 'a9'):
        write_frames(tmp_path / 'clips' / name, moving_square(6))
        cv2.imwrite(str(tmp_path / 'clips' / f'{name}.background.jpg'),
                    np.full((64, 96, 3), 60, np.uint8))
    return dict(type='FolderClips', root=str(tmp_path / 'clips'), non_square='crop')


@pytest.mark.parametrize('background', [None, GIVEN])
def test_draws_from_folders(tmp_path, background):
    config = folders(tmp_path)
    pack(config, tmp_path / 'packed')
    assert same_draws(
        pairs(dict(type='PackedClips', path=str(tmp_path / 'packed')), background=background),
        pairs(config, background=background))


def test_draws_from_videos(tmp_path):
    pytest.importorskip('av')
    from tiny_layouts_faces import numbered_video
    for name in ('b.mp4', 'a.mp4'):
        numbered_video(tmp_path / 'videos' / name, 9, height=64, g='4')
    config = dict(type='VideoClips', root=str(tmp_path / 'videos'))
    pack(config, tmp_path / 'packed')
    packed = PackedClips(str(tmp_path / 'packed'), SIZE)
    assert [packed.name(i) for i in range(2)] == ['a.mp4', 'b.mp4']
    assert same_draws(pairs(packed), pairs(config))


@pytest.mark.parametrize('same_light', [True, False])
def test_packed_medians_weigh_as_medians_do(tmp_path, same_light):
    weighing = dict(threshold=40.0, softness=5.0, same_light=same_light)
    median = dict(source='clip_median', max_frames=9, quantile=0.4, **weighing)
    pack(TinyClips(), tmp_path / 'packed', background=median)
    assert same_draws(
        pairs(PackedClips(str(tmp_path / 'packed'), SIZE),
              background=dict(source='given', **weighing)),
        pairs(TinyClips(), background=median))


def test_include_and_exclude(packed):
    clips, source = PackedClips(packed, SIZE, include=['actor[12]/*']), TinyClips()
    assert [clips.name(i) for i in range(len(clips))] == ['actor1/ä', 'actor2/ä']
    assert clips.frame_counts.tolist() == [70, 3]
    assert np.array_equal(clips.frame(1, 2), source.frame(2, 2))
    assert np.array_equal(clips.background(0), source.background(1))
    assert len(PackedClips(packed, SIZE, exclude=['*1/*'])) == 2
    with pytest.raises(FileNotFoundError, match=r"none of the 3 clips .* include=\['x'\]"):
        PackedClips(packed, SIZE, include=['x'])
    with pytest.raises(ValueError, match='not one string'):
        PackedClips(packed, SIZE, include='x')


def test_another_image_size(packed):
    with pytest.raises(ValueError, match='image_size=16, the dataset asks for image_size=32'):
        pairs(dict(type='PackedClips', path=packed), image_size=32)


def test_masks_that_were_not_packed(tmp_path):
    pack(TinyClips(), tmp_path / 'packed')
    with pytest.raises(ValueError, match='packed without masks: .* --masks'):
        pairs(PackedClips(str(tmp_path / 'packed'), SIZE), background=dict(source='mask'))[0]


def test_unreadable_stays_unreadable(tmp_path):
    """Frames keep their numbers, and draws are drawn again as over the source."""
    unreadable = [(0, 2), (1, 3, 'mask'), 2]
    report = pack(TinyClips(unreadable=unreadable), tmp_path / 'packed', masks=True)
    clips = PackedClips(str(tmp_path / 'packed'), SIZE)
    assert clips.frame_counts.tolist() == [5, 70, 0]
    with pytest.raises(UnreadableFrameError, match=r'actor0/ä frame 2: \(0, 2\).png: truncated'):
        clips.frame(0, 2)
    with pytest.raises(UnreadableFrameError, match=r'actor1/ä mask 3: .*truncated PNG'):
        clips.mask(1, 3)
    with pytest.raises(UnreadableFrameError, match='actor2/ä: 2.png: truncated PNG'):
        clips.num_frames(2)
    assert np.array_equal(clips.frame(0, 3), TinyClips().frame(0, 3))
    assert report['unreadable'] == ['2.png: truncated PNG', '(0, 2).png: truncated PNG',
                                 "(1, 3, 'mask').png: truncated PNG"]
    options = dict(uniform='clips', background=dict(source='mask'), max_unreadable=1.0)
    assert same_draws(pairs(clips, **options), pairs(TinyClips(unreadable=unreadable), **options),
                      range(30))


def test_frames_that_do_not_exist(packed):
    for t in (-1, 5):
        with pytest.raises(IndexError, match=rf'actor0/ä frame {t}: the clip has 5 frames'):
            PackedClips(packed, SIZE).frame(0, t)


def test_two_sources_read_one_database(packed):
    train, val = (PackedClips(packed, SIZE, include=[f'actor{i}/*']) for i in range(2))
    assert not np.array_equal(train.frame(0, 0), val.frame(0, 0))
    assert np.array_equal(train.frame(0, 1), TinyClips().frame(0, 1))


def test_packed_anew_while_in_use(packed):
    old = PackedClips(packed, SIZE)
    old.frame(0, 0)
    pack(TinyClips(lengths=(4, )), packed, overwrite=True)
    new = PackedClips(packed, SIZE)
    assert len(new) == 1 and np.array_equal(new.frame(0, 3), TinyClips().frame(0, 3))


@pytest.mark.parametrize('start', ['fork', pytest.param('spawn', marks=pytest.mark.slow)])
def test_loader_workers_after_the_parent_has_read(packed, start):
    # The last clip has no background.
    dataset = pairs(PackedClips(packed, SIZE, include=['actor[01]/*']), background=GIVEN)
    expected = [dataset[draw] for draw in range(6)]
    loader = DataLoader(dataset, sampler=range(6), batch_size=None, num_workers=2,
                        multiprocessing_context=start)
    items = list(loader)
    assert same_draws(dict(enumerate(items)), dict(enumerate(expected)), range(6))
    assert same_draws(dataset, dict(enumerate(expected)), range(6))  # the parent's still reads


def test_a_fork_opens_its_own(packed):
    clips = PackedClips(packed, SIZE)
    clips.frame(0, 0)
    inherited = PackedClips._opened.copy()
    child = os.fork()
    if child == 0:
        ok = np.array_equal(clips.frame(1, 1), TinyClips().frame(1, 1))
        own = PackedClips._opened[os.path.realpath(packed)][0] == os.getpid()
        os._exit(0 if ok and own else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert PackedClips._opened == inherited
    assert np.array_equal(clips.frame(1, 2), TinyClips().frame(1, 2))


def test_crosses_the_process_border(packed):
    clips = PackedClips(packed, SIZE, exclude=['*0/*'])
    clips.frame(0, 0)
    copy = pickle.loads(pickle.dumps(clips))
    assert copy.name(0) == 'actor1/ä' and np.array_equal(copy.frame(1, 2), clips.frame(1, 2))


# ------------------------------------------------------------------ the format

def test_keys_sort_as_they_are_written():
    """Clip by clip, frame by frame; a clip's background behind its frames, whatever their count."""
    keys = [key_of('F', 0, 9), key_of('M', 0, 9), key_of('F', 0, 10),
            key_of('F', 0, 2**31 - 1), key_of('B', 0), key_of('F', 1, 0),
            key_of('F', 16, 0), key_of('B', 16), key_of('F', 256, 0)]
    assert keys == sorted(keys)
    assert keys[2] == b'000000000000000aF'


@pytest.mark.parametrize('codec', ['raw', 'png'])
def test_lossless_codecs(codec):
    image = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    assert np.array_equal(decode_frame(encode_frame(image, codec), codec, 8), image)


def test_jpeg_is_near():
    image = np.full((16, 16, 3), (30, 120, 200), np.uint8)
    decoded = decode_frame(encode_frame(image, 'jpeg'), 'jpeg', 16).astype(int)
    assert np.abs(decoded - image).max() <= 3


@pytest.mark.parametrize('codec', ['raw', 'png', 'jpeg'])
def test_what_is_no_frame(codec):
    assert decode_frame(b'', codec, 8) is None
    assert decode_frame(b'abc', codec, 8) is None
    larger = encode_frame(np.zeros((9, 9, 3), np.uint8), codec)
    assert decode_frame(larger, codec, 8) is None


def test_masks_come_back_exactly():
    levels = (np.arange(16).reshape(4, 4) * 17).astype(np.uint8).astype(np.float32) / 255
    fractions = np.full((4, 4), 1 / 3, np.float32)
    fractions[0, 0] = 0.1
    assert len(encode_mask(levels)) == 16 and len(encode_mask(fractions)) == 64
    for mask in (levels, fractions):
        decoded = decode_mask(encode_mask(mask), 4)
        assert decoded.dtype == np.float32 and np.array_equal(decoded, mask)
    assert decode_mask(b'abc', 4) is None


def damaged(packed, message):
    with pytest.raises(PackedFormatError, match=message):
        PackedClips(packed, SIZE)


def test_absent(tmp_path):
    with pytest.raises(FileNotFoundError, match='holds no packed clips .*pack_clips.py'):
        PackedClips(str(tmp_path / 'nothing'), SIZE)


@pytest.mark.parametrize('change, message', [
    (dict(version=7), 'version 7, this program reads .* version 1'),
    (dict(codec='gif'), 'packed.json is damaged: no good codec'),
    (dict(image_size='16', masks=None), 'packed.json is damaged: no good image_size, masks'),
    (dict(clips=2), '2 clips are stated, 3 named in 27 bytes, 3 counted')])
def test_a_description_that_does_not_fit(packed, change, message):
    path = Path(packed, DESCRIPTION)
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    damaged(packed, message)


@pytest.mark.parametrize('text', ['{"format"', '[1, 2]', '3'])
def test_a_damaged_description(packed, text):
    Path(packed, DESCRIPTION).write_text(text)
    damaged(packed, 'packed.json is damaged')


def test_truncated_or_without_database(packed):
    database = Path(packed, DATABASE)
    size = database.stat().st_size
    database.write_bytes(b'123')
    damaged(packed, f'data.mdb is 3 bytes long, .* with {size} bytes')
    database.unlink()
    damaged(packed, 'data.mdb is not there')


def test_damaged_arrays(packed):
    Path(packed, 'names.npy').write_bytes(b'no array')
    damaged(packed, 'names.npy cannot be read')
    np.save(Path(packed, 'names.npy'), np.zeros(2, np.uint8))
    damaged(packed, 'is damaged: .* 3 named in 2 bytes.*pack the clips anew')
    np.save(Path(packed, 'names.npy'), np.zeros(2))
    damaged(packed, r'names.npy holds float64 \(2,\), not uint8')


class Evil:
    """Makes a folder when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path, )


def test_nothing_of_a_strangers_set_is_executed(packed, tmp_path):
    evil = np.array([Evil(str(tmp_path / 'ran'))], object)
    np.save(Path(packed, 'names.npy'), evil, allow_pickle=True)
    damaged(packed, 'names.npy cannot be read')
    assert not (tmp_path / 'ran').exists()
    np.load(Path(packed, 'names.npy'), allow_pickle=True)  # it would have been
    assert (tmp_path / 'ran').exists()
