"""Arrays from npz files, with errors that name the file."""
from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Sequence

import numpy as np


def read_npz(path: str | Path, keys: Sequence[str], needed: str) -> list[np.ndarray]:
    """The arrays ``keys`` of an npz file.

    Args:
        path: the file.
        keys: names of the arrays, all of them required.
        needed: what the file must be, for the error messages.

    Raises:
        FileNotFoundError: no such file.
        ValueError: not an npz file (empty, text, a lone ``.npy``), or an array is missing.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f'{path} does not exist. {needed}')
    if not zipfile.is_zipfile(path):
        raise ValueError(f'{path} ({path.stat().st_size} bytes) is not an npz file. {needed}')
    with np.load(path, allow_pickle=False) as archive:
        missing = [key for key in keys if key not in archive]
        if missing:
            raise ValueError(f'{path} has no array {missing}; it has {sorted(archive.files)}. '
                             f'{needed}')
        return [archive[key] for key in keys]
