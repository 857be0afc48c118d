import hashlib
import mmap
import os
import pickle
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from torch.utils.data import DataLoader

from ikp_mm.clips.frame_pairs import FramePairDataset
from ikp_mm.clips.packed import (DATABASE, INDEX, PackedClips, PackedFormatError, decode, encode,
                                 key_of)
from ikp_mm.io import progress
from ikp_mm.io.pictures import UnreadableFrameError

from tiny_packed import SIZE, TinyClips, number_of_pages, pack, same_draws, wipe_page
from tiny_videos import moving_square, write_frames

lmdb = pytest.importorskip('lmdb')
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
    assert [clips.name(i) for i in range(3)] == [source.name(i) for i in range(3)]
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


def test_packed_medians_weigh_as_medians_do(tmp_path):
    weighing = dict(threshold=40.0, softness=5.0)
    median = dict(source='clip_median', **weighing)
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
    assert report['unreadable'] == {
        '0000000002 clip': '2.png: truncated PNG',
        '0000000000 0000000002 frame': '(0, 2).png: truncated PNG',
        '0000000001 0000000003 mask': "(1, 3, 'mask').png: truncated PNG"}
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
    with pytest.raises(PackedFormatError, match='pack the clips anew'):
        old.frame(0, 0)
    assert np.array_equal(new.frame(0, 2), TinyClips().frame(0, 2))


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


# ------------------------------------------------------------------ writing

def test_what_is_written(tmp_path):
    index = pack(TinyClips(), tmp_path / 'packed')
    assert index['frame_counts'] == [5, 70, 3] and index['unreadable'] == {}
    assert [path.name for path in tmp_path.iterdir()] == ['packed']
    assert sorted(path.name for path in (tmp_path / 'packed').iterdir()) == [DATABASE, INDEX]


@pytest.mark.parametrize('codec', ['raw', 'jpeg'])
def test_there_is_room_for_noise(tmp_path, codec):
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
    assert np.array_equal(packed.frame(2, 199), clips.frame(2, 199)) == (codec == 'raw')
    assert np.array_equal(packed.background(2), clips.background(2))
    assert np.array_equal(packed.mask(2, 199), clips.mask(2, 199))


@pytest.mark.slow
def test_workers_write_the_same(tmp_path):
    clips = TinyClips(unreadable=[(1, 65)])
    indices = [pack(clips, tmp_path / str(workers), workers=workers, masks=True)
               for workers in (0, 2)]
    ours, theirs = (PackedClips(str(tmp_path / str(workers)), SIZE) for workers in (0, 2))
    assert {key for key in indices[0] if indices[0][key] != indices[1][key]} == {'id'}
    assert len(indices[0]['unreadable']) == 1
    for i, count in enumerate(clips.lengths):
        for t in set(range(count)) - {65}:
            assert np.array_equal(ours.frame(i, t), theirs.frame(i, t))


class OddlyNamed(TinyClips):

    def name(self, i):
        return os.fsdecode(b'a\xff\n%d' % i)


def test_names_that_are_no_text(tmp_path):
    pack(OddlyNamed(), tmp_path / 'packed')
    packed = PackedClips(str(tmp_path / 'packed'), SIZE)
    assert [packed.name(i) for i in range(3)] == [OddlyNamed().name(i) for i in range(3)]


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


def test_progress(tmp_path, monkeypatch):
    monkeypatch.setattr(progress, 'SECONDS_BETWEEN_LINES', 0.0)
    lines = []
    pack(TinyClips(), tmp_path / 'packed', say=lines.append)
    assert [line.split(',')[0] for line in lines] == [
        f'{done} of 78 frames' for done in (5, 69, 75, 78)]


def test_wrong_size_and_missing_masks(tmp_path):
    with pytest.raises(ValueError, match=r"clip 'actor0/ä' frame 0 is uint8 \(16, 16, 3\), "
                       r'packing needs uint8 \(8, 8, 3\)'):
        pack(TinyClips(), tmp_path / 'packed', image_size=8)
    with pytest.raises(ValueError, match='it has no method mask'):
        pack(dict(type='SyntheticClips', num_clips=1, frames_per_clip=2), tmp_path / 'packed',
             masks=True)
    with pytest.raises(ValueError, match="codec must be one of .* got 'gif'"):
        pack(TinyClips(), tmp_path / 'packed', codec='gif')
    assert not list(tmp_path.iterdir())


# ------------------------------------------------------------------ the format

def test_keys_sort_as_they_are_written():
    """Clip by clip, frame by frame; a clip's background behind its frames, however many."""
    keys = [key_of('frame', 0, 9), key_of('mask', 0, 9), key_of('frame', 0, 10),
            key_of('frame', 0, 2**31 - 1), key_of('background', 0), key_of('frame', 1, 0),
            key_of('frame', 10, 0), key_of('background', 10), key_of('frame', 100, 0), 'format']
    assert keys == sorted(keys)
    assert keys[2] == '0000000000 0000000010 frame'


def test_raw_and_masks_come_back_exactly():
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
    mask = rng.random((8, 8), np.float32)
    for array, codec in ((image, 'raw'), (mask, 'mask')):
        decoded = decode(encode(array, codec), codec, 8)
        assert decoded.dtype == array.dtype and np.array_equal(decoded, array)


def test_jpeg_is_near():
    image = np.full((16, 16, 3), (30, 120, 200), np.uint8)
    decoded = decode(encode(image, 'jpeg'), 'jpeg', 16).astype(int)
    assert np.abs(decoded - image).max() <= 3


@pytest.mark.parametrize('codec', ['raw', 'jpeg', 'mask'])
def test_what_is_no_image(codec):
    assert decode(b'', codec, 8) is None
    assert decode(b'abc', codec, 8) is None
    assert decode(b'abcdefgh', codec, 8) is None
    larger = np.zeros((9, 9), np.float32) if codec == 'mask' else np.zeros((9, 9, 3), np.uint8)
    assert decode(encode(larger, codec), codec, 8) is None


def test_a_flipped_bit_is_seen():
    value = bytearray(encode(np.zeros((8, 8, 3), np.uint8), 'raw'))
    value[100] ^= 1
    assert decode(bytes(value), 'raw', 8) is None


def refused(packed, message):
    with pytest.raises(PackedFormatError, match=f'{message}.* or pack the clips anew'):
        PackedClips(str(packed), SIZE)


def test_absent(tmp_path):
    with pytest.raises(FileNotFoundError, match='holds no packed clips .*pack_clips.py'):
        PackedClips(str(tmp_path / 'nothing'), SIZE)


@pytest.mark.parametrize('length', [0, 3])
def test_nothing_but_a_beginning(packed, length):
    os.truncate(Path(packed, DATABASE), length)
    refused(packed, r'data.mdb cannot be opened \(')


@pytest.mark.parametrize('missing', [1, 100000, 'all but the two pages that say what there is'])
def test_truncated(packed, missing):
    size = Path(packed, DATABASE).stat().st_size
    length = size - missing if isinstance(missing, int) else 2 * mmap.PAGESIZE
    os.truncate(Path(packed, DATABASE), length)
    refused(packed, f'data.mdb is {length} bytes long, not {size}')


@pytest.mark.parametrize('codec', ['raw', 'jpeg'])
def test_damaged_pages_are_unreadable_frames(tmp_path, codec):
    """Each page but the two that say what there is filled with zeros, one at a time."""
    pack(TinyClips(), tmp_path / 'whole', codec=codec)
    whole, unreadable, refusals = PackedClips(str(tmp_path / 'whole'), SIZE), 0, 0
    for page in range(2, number_of_pages(tmp_path / 'whole')):
        folder = shutil.copytree(tmp_path / 'whole', tmp_path / str(page))
        wipe_page(folder, page)
        try:
            clips = PackedClips(str(folder), SIZE)
        except PackedFormatError as error:
            assert str(folder) in str(error)
            refusals += 1
            continue
        for clip in range(len(clips)):
            for t in range(clips.num_frames(clip)):
                try:
                    assert np.array_equal(clips.frame(clip, t), whole.frame(clip, t))
                except UnreadableFrameError as error:
                    assert str(folder) in str(error)
                    unreadable += 1
    assert unreadable and 0 < refusals < 4


def test_without_database(packed):
    Path(packed, DATABASE).unlink()
    refused(packed, r'data.mdb cannot be opened \(.*No such file')


@pytest.mark.parametrize('name', [DATABASE, INDEX])
def test_half_a_copy(packed, tmp_path, name):
    """One of the two files is of another set, packed from the very same source."""
    pack(TinyClips(), tmp_path / 'other', masks=True)
    shutil.copy(tmp_path / 'other' / name, packed)
    refused(packed, "data.mdb is of 'ikp_mm packed clips 3 [0-9a-f]{64}', not 'ikp_mm packed")


def write_database(packed, **values):
    Path(packed, DATABASE).unlink()
    database = lmdb.open(str(packed), lock=False)
    with database.begin(write=True) as transaction:
        for key, value in values.items():
            transaction.put(key.encode(), value)
    database.close()


def test_the_first_version_and_other_databases(packed):
    write_database(packed, format=b'ikp_mm packed clips 1 0123')
    refused(packed, "data.mdb is of 'ikp_mm packed clips 1 0123', not 'ikp_mm packed clips 3")
    write_database(packed, something=b'else')
    refused(packed, "data.mdb is of 'another kind', not")


@pytest.mark.parametrize('change', [
    lambda text: text[:-9], lambda text: text.replace(b'16', b'32'), lambda text: b''])
def test_a_damaged_index(packed, change):
    path = Path(packed, INDEX)
    path.write_bytes(change(path.read_bytes()))
    refused(packed, "data.mdb is of 'ikp_mm packed clips 3")


class Evil:
    """Makes a folder when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path, )


def test_nothing_of_a_strangers_set_is_executed(packed, tmp_path):
    """A pickle in place of the index, and a database that fits it."""
    evil = pickle.dumps(Evil(str(tmp_path / 'ran')))
    Path(packed, INDEX).write_bytes(evil)
    refused(packed, 'data.mdb is of')
    fitting = f'ikp_mm packed clips 3 {hashlib.sha256(evil).hexdigest()}'
    write_database(packed, format=fitting.encode())
    with pytest.raises(ValueError):
        PackedClips(packed, SIZE)
    assert not (tmp_path / 'ran').exists()
    pickle.loads(evil)  # it would have been
    assert (tmp_path / 'ran').exists()
