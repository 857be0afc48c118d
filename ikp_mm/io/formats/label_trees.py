"""Label files below a folder."""
from __future__ import annotations

import os
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from ikp_mm.io.find import LeftOut, natural_key, walk


def label_files(root: str | Path, pattern: str, hint: str = '') -> list[Path]:
    """Files below a folder, in the natural order of their paths; folders as ``find.walk`` goes
    through them.

    Args:
        root: the folder.
        pattern: as in ``glob``, ``**/`` for any depth. The suffix is meant in upper and lower case.
        hint: ends the error message.

    Raises:
        FileNotFoundError: no such folder, no such file in it.
    """
    left_out, wanted = LeftOut(root), _lower_suffix(pattern).split('/')
    names = [os.path.relpath(os.path.join(folder, file), root)
             for folder, files in walk(Path(root), left_out) for file in files if file[0] != '.']
    found: dict[str, Path] = {}
    for name in sorted(names, key=natural_key):
        path = Path(root, name)
        if _matches(_lower_suffix(Path(name).as_posix()).split('/'), wanted) and path.is_file():
            found.setdefault(os.path.realpath(path), path)
    if not found:
        raise FileNotFoundError(f'no file {pattern} below {Path(root).resolve()}. {hint}'.rstrip())
    left_out.say()
    return list(found.values())


def _lower_suffix(name: str) -> str:
    stem, suffix = os.path.splitext(name)
    return stem + suffix.lower()


def _matches(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    if not pattern or not parts:
        return not pattern and not parts
    if pattern[0] == '**':
        return any(_matches(parts[skipped:], pattern[1:]) for skipped in range(len(parts)))
    return fnmatchcase(parts[0], pattern[0]) and _matches(parts[1:], pattern[1:])
