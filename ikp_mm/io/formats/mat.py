"""Arrays from MATLAB files, with errors that name the file."""
from __future__ import annotations

import zlib
from pathlib import Path
from typing import Sequence

import numpy as np
from scipy.io import loadmat
from scipy.io.matlab import MatReadError

# What loadmat raises for files that are empty, cut off, no MATLAB file, or of version 7.3.
_UNREADABLE = (MatReadError, ValueError, OSError, IndexError, TypeError, NotImplementedError,
               zlib.error)


def read_mat(path: str | Path, keys: Sequence[str], needed: str) -> list[np.ndarray]:
    """The variables ``keys`` of a ``.mat`` file, as ``scipy.io.loadmat`` gives them (2-D at least).

    Args:
        path: the file.
        keys: names of the variables, all of them required.
        needed: what the file must be, for the error messages.

    Raises:
        FileNotFoundError: no such file.
        ValueError: it cannot be read as a MATLAB file, or a variable is missing.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f'{path} does not exist. {needed}')
    try:
        content = loadmat(path)
    except _UNREADABLE as error:
        raise ValueError(f'{path} ({path.stat().st_size} bytes) cannot be read as a .mat file: '
                         f'{error}. {needed}') from error
    missing = [key for key in keys if key not in content]
    if missing:
        held = sorted(key for key in content if not key.startswith('__'))
        raise ValueError(f'{path} has no key {missing}; it has {held}. {needed}')
    return [content[key] for key in keys]
