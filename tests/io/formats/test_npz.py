"""Arrays and names of npz and npy files."""
import zipfile

import numpy as np
import pytest
from tiny_hostile import claiming

from ikp_mm.io.formats.npz import read_array, read_joint_names, read_npz

NAMES = ['tail', 'snout', 'Schnäuzchen']


def save(folder, **arrays):
    np.savez(folder / 'a.npz', **arrays)
    return folder / 'a.npz'


def test_text_may_be_kept_as_bytes(tmp_path):
    names = np.array([name.encode() for name in NAMES])
    array, = read_npz(save(tmp_path, files=names), ['files'], '')
    assert array.tolist() == NAMES
    with pytest.raises(ValueError, match="a.npz: 'files' is text in another encoding than UTF-8"):
        read_npz(save(tmp_path, files=np.array([NAMES[2].encode('latin-1')])), ['files'], '')


def test_objects_are_refused_by_name(tmp_path):
    path = save(tmp_path, joints=np.array(NAMES, object), x=np.zeros(3))
    for read in (lambda: read_npz(path, ['joints'], ''), lambda: read_joint_names(path)):
        with pytest.raises(ValueError, match="a.npz: 'joints' is kept as Python objects"):
            read()
    assert read_npz(path, ['x'], '')[0].tolist() == [0, 0, 0]


@pytest.mark.parametrize('key', ['joints', 'names', 'node_names'])
def test_names_under_the_usual_keys(tmp_path, key):
    for names in (np.array(NAMES), np.array([name.encode() for name in NAMES])):
        assert read_joint_names(save(tmp_path, x=np.zeros(3), **{key: names})) == tuple(NAMES)
    assert read_joint_names(save(tmp_path, **{key: np.zeros((5, 3, 2))})) is None


def test_names_that_differ_are_refused(tmp_path):
    assert read_joint_names(save(tmp_path, joints=NAMES, names=NAMES)) == tuple(NAMES)
    with pytest.raises(ValueError, match=r"a.npz names its joints in \['joints', 'names'\], and"):
        read_joint_names(save(tmp_path, joints=NAMES, names=NAMES[::-1]))


def test_npy_in_either_case(tmp_path):
    with open(tmp_path / 'a.NPY', 'wb') as file:
        np.save(file, np.arange(3))
    assert read_array(tmp_path / 'a.NPY', '', '').tolist() == [0, 1, 2]
    assert read_joint_names(tmp_path / 'a.NPY') is None


def test_broken_files_are_named(tmp_path):
    (tmp_path / 'text.npy').write_text('x y')
    (tmp_path / 'empty.npy').write_bytes(b'')
    np.save(tmp_path / 'objects.npy', np.array([{}], object), allow_pickle=True)
    for name in ('text', 'empty', 'objects'):
        with pytest.raises(ValueError, match=f'{name}.npy is no readable npy file'):
            read_array(tmp_path / f'{name}.npy', 'k', '')
    with pytest.raises(FileNotFoundError, match='gone.npy'):
        read_array(tmp_path / 'gone.npy', 'k', '')
    (tmp_path / 'a.npz').write_text('x')
    with pytest.raises(ValueError, match='is not an npz file. It must'):
        read_npz(tmp_path / 'a.npz', ['k'], 'It must')


def test_arrays_that_would_fill_the_memory_are_refused(tmp_path, monkeypatch):
    np.savez_compressed(tmp_path / 'zeros.npz', k=np.zeros(10_000))
    assert len(read_npz(tmp_path / 'zeros.npz', ['k'], '')[0]) == 10_000
    monkeypatch.setattr('ikp_mm.io.formats.npz.LARGEST', 80_000)  # and 128 bytes of header
    with pytest.raises(ValueError, match="zeros.npz: 'k' would take 0.0 GiB; at most"):
        read_npz(tmp_path / 'zeros.npz', ['k'], '')


def test_a_header_that_claims_more_than_there_is(tmp_path):
    np.save(tmp_path / 'k.npy', np.zeros(3))
    with zipfile.ZipFile(tmp_path / 'claims.npz', 'w') as archive:
        archive.writestr('k.npy', claiming((tmp_path / 'k.npy').read_bytes()))
    with pytest.raises(ValueError, match="claims.npz: 'k' cannot be read"):
        read_npz(tmp_path / 'claims.npz', ['k'], '')


def test_flipped_bits_are_named(tmp_path):
    path = save(tmp_path, k=np.zeros(100))
    content = bytearray(path.read_bytes())
    content[content.index(bytes(100)) + 50] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match="a.npz: 'k' cannot be read: Bad CRC-32"):
        read_npz(path, ['k'], '')
