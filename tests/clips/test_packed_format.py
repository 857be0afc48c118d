import json

import numpy as np
import pytest

from ikp_mm.io.byte_table import ByteTable
from ikp_mm.clips.packed_format import (DATABASE, DESCRIPTION, FORMAT, VERSION,
                                           PackedFormatError, PackedIndex, clip_key, decode_frame,
                                           decode_mask, encode_frame, encode_mask, frame_key)


def test_keys_sort_as_they_are_written():
    """Clip by clip, frame by frame; a clip's background behind its frames, whatever their count."""
    keys = [frame_key(0, 9, 'F'), frame_key(0, 9, 'M'), frame_key(0, 10, 'F'),
            frame_key(0, 2**31 - 1, 'F'), clip_key(0, 'B'), frame_key(1, 0, 'F'),
            frame_key(16, 0, 'F'), clip_key(16, 'B'), frame_key(256, 0, 'F')]
    assert keys == sorted(keys)
    assert keys[2] == '000000000000000aF'


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


@pytest.fixture
def written(tmp_path):
    (tmp_path / DATABASE).write_bytes(b'12345')
    about = dict(format=FORMAT, version=VERSION, clips=2, bytes=5)
    PackedIndex.write(tmp_path, about, np.array([3, 4]), ByteTable.of_texts(['a', 'b/ü']))
    return tmp_path


def test_index_is_mapped(written):
    index = PackedIndex.open(written)
    assert index.frame_counts.tolist() == [3, 4] and index.frame_counts.dtype == np.int32
    assert [index.names.text(i) for i in range(2)] == ['a', 'b/ü']
    assert not index.frame_counts.flags.owndata and not index.names.data.flags.owndata


def test_absent(tmp_path):
    with pytest.raises(FileNotFoundError, match='holds no packed clips .*pack_clips.py'):
        PackedIndex.open(tmp_path / 'nothing')


def test_another_version(written):
    about = json.loads((written / DESCRIPTION).read_text())
    (written / DESCRIPTION).write_text(json.dumps(dict(about, version=7)))
    with pytest.raises(PackedFormatError, match='version 7, this program reads .* version 1'):
        PackedIndex.open(written)


def test_truncated_or_without_database(written):
    (written / DATABASE).write_bytes(b'123')
    with pytest.raises(PackedFormatError, match='data.mdb is 3 bytes long, .* with 5 bytes'):
        PackedIndex.open(written)
    (written / DATABASE).unlink()
    with pytest.raises(PackedFormatError, match='data.mdb is not there'):
        PackedIndex.open(written)


def test_damaged_arrays(written):
    (written / 'names.npy').write_bytes(b'no array')
    with pytest.raises(PackedFormatError, match='names.npy cannot be read'):
        PackedIndex.open(written)


def test_names_of_another_copy(written):
    np.save(written / 'names.npy', np.zeros(2, np.uint8))
    with pytest.raises(PackedFormatError, match='is damaged: .*2 values.*pack the clips anew'):
        PackedIndex.open(written)


def test_damaged_description(written):
    (written / DESCRIPTION).write_text('{"format"')
    with pytest.raises(PackedFormatError, match='packed.json is damaged'):
        PackedIndex.open(written)


def test_counts_that_do_not_fit(written):
    np.save(written / 'frame_counts.npy', np.array([3], np.int32))
    with pytest.raises(PackedFormatError, match='2 clips are stated, 2 named, 1 counted'):
        PackedIndex.open(written)
