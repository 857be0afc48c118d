"""Arrays from npz and npy files, with errors that name the file. Pickled objects are never read."""
from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import Sequence

import numpy as np

# Under which keys the names of joints are looked for.
NAME_KEYS = ('joints', 'names', 'joint_names', 'keypoint_names', 'node_names', 'bodyparts')
# Bytes of an array, unpacked: a small file can hold any number of zeros.
LARGEST = 2**32
# Flipped bits, an end that is missing, a header that claims more than the file holds.
SPOILT = (zipfile.BadZipFile, zlib.error, EOFError, MemoryError, NotImplementedError, RuntimeError,
          OSError)


def read_npz(path: str | Path, keys: Sequence[str], needed: str) -> list[np.ndarray]:
    """The arrays ``keys`` of an npz file; text is str, also where the file holds it as bytes.

    Args:
        path: the file.
        keys: names of the arrays, all of them required.
        needed: what the file must be, for the error messages.

    Raises:
        FileNotFoundError: no such file.
        ValueError: not an npz file (empty, text, a lone ``.npy``), an array is missing, holds
            Python objects or takes more than 4 GiB.
    """
    path = Path(path)
    array_keys(path, needed)
    with np.load(path, allow_pickle=False) as archive:
        missing = [key for key in keys if key not in archive]
        if missing:
            raise ValueError(f'{path} has no array {missing}; it has {sorted(archive.files)}. '
                             f'{needed}')
        return [_read(archive, key, path) for key in keys]


def array_keys(path: str | Path, needed: str) -> list[str]:
    """Names of the arrays of an npz file; raises as ``read_npz``."""
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f'{path} does not exist. {needed}')
    if not zipfile.is_zipfile(path):
        raise ValueError(f'{path} ({path.stat().st_size} bytes) is not an npz file. {needed}')
    try:
        with np.load(path, allow_pickle=False) as archive:
            return list(archive.files)
    except SPOILT as error:
        raise ValueError(f'{path} cannot be read: {error}. {needed}') from error


def read_array(path: str | Path, key: str, needed: str) -> np.ndarray:
    """The array of an .npy file, or the array ``key`` of an .npz file; raises as ``read_npz``."""
    path = Path(path)
    if path.suffix.lower() != '.npy':
        return read_npz(path, [key], needed)[0]
    if not path.is_file():
        raise FileNotFoundError(f'{path} does not exist. {needed}')
    try:
        return np.load(path, allow_pickle=False)
    except (ValueError, EOFError, MemoryError) as error:
        raise ValueError(f'{path} is no readable npy file: {error}. {needed}') from error


def read_joint_names(path: str | Path) -> tuple[str, ...] | None:
    """The joints' names beside the poses of an npz file, text under one of ``NAME_KEYS``; None
    where there are none, as in an .npy file.

    Raises:
        ValueError: two such arrays that differ; names that are Python objects.
    """
    if Path(path).suffix.lower() == '.npy':
        return None
    keys = [key for key in array_keys(path, '') if key in NAME_KEYS]
    # Numbers under such a key are something else: poses may be called 'joints'.
    found = {tuple(array.tolist()) for array in read_npz(path, keys, '') if is_names(array)}
    if len(found) > 1:
        raise ValueError(f'{path} names its joints in {keys}, and differently: leave one')
    return found.pop() if found else None


def is_names(array: np.ndarray) -> bool:
    """Whether an array is a list of words."""
    return array.ndim == 1 and array.dtype.kind == 'U'


def _read(archive, key: str, path: Path) -> np.ndarray:
    size = next(entry.file_size for entry in archive.zip.infolist()
                if entry.filename in (key, f'{key}.npy'))
    if size > LARGEST:
        raise ValueError(f"{path}: '{key}' would take {size / 2**30:.1f} GiB; at most "
                         f'{LARGEST / 2**30:.0f} GiB are read of an npz: save it as npy')
    try:
        array = archive[key]
    except SPOILT as error:
        raise ValueError(f"{path}: '{key}' cannot be read: {error}") from error
    except ValueError as error:
        raise ValueError(f"{path}: '{key}' is kept as Python objects, which are not read because "
                         'they could run code: save it as numbers, or as text with '
                         'np.array(names, str)') from error
    try:
        return np.char.decode(array, 'utf-8') if array.dtype.kind == 'S' else array
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: '{key}' is text in another encoding than UTF-8: {error}"
                         ) from error
