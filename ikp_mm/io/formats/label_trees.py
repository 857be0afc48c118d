"""Label files below a folder."""
from __future__ import annotations

import glob
import os
from pathlib import Path

from ikp_mm.io.find import natural_key


def label_files(root: str | Path, pattern: str, hint: str = '') -> list[Path]:
    """Files below a folder, in the natural order of their paths.

    Args:
        root: the folder. Linked folders below it are entered, each file comes once; files and
            folders whose name begins with a dot are passed over.
        pattern: as in ``glob``, ``**/`` for any depth. The suffix is meant in upper and lower case.
        hint: ends the error message.

    Raises:
        FileNotFoundError: no such folder, no such file in it.
    """
    stem, dot, suffix = pattern.rpartition('.')
    either = ''.join(f'[{one.lower()}{one.upper()}]' if one.isalpha() else one for one in suffix)
    found: dict[str, Path] = {}
    for name in sorted(glob.glob(stem + dot + either, root_dir=root, recursive=True),
                       key=natural_key):
        path = Path(root) / name
        if path.is_file():
            found.setdefault(os.path.realpath(path), path)
    if not found:
        raise FileNotFoundError(f'no file {pattern} below {Path(root).resolve()}. {hint}'.rstrip())
    return list(found.values())
