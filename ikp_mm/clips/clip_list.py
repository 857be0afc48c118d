"""Names of the clips of a source: read from a list, chosen by patterns.

A list is a text file with one clip a line: its path below the source's root, with '/', e.g.
'actor0/action1' (``FolderClips``) or 'talks/03.mp4' (``VideoClips``). Names are held as one array
of bytes, which forked loader workers share: strings they would copy as they count references.
"""
from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from mmengine.logging import MMLogger

from ikp_mm.io.atomic import atomic_file
from ikp_mm.io.frame_sources import evenly_spaced

# How many clips of a list are looked for on disk.
SPOT_CHECKS = 20


def name_array(names: Sequence[str]) -> np.ndarray:
    """File names or paths as one array (M,) of bytes, for ``os.fsdecode``."""
    return np.array([os.fsencode(name) for name in names], np.bytes_)


def listed_clips(list_file: str | Path, root: Path, find: Callable[[], np.ndarray],
                 is_there: Callable[[str], bool], header: str | None = None) -> np.ndarray:
    """The clips of a list, in its order; the list is made first when there is none.

    Args:
        list_file: the text file.
        root: below which the clips lie.
        find: looks for all clips, (M,) bytes; called when there is no list yet.
        is_there: whether a clip is on disk, by its name.
        header: first line of the list; None: it has none, every line is a clip.

    Returns:
        (M,) bytes.

    Raises:
        ValueError: another first line; no clip; a line that is no path below the root; a clip
            listed twice; one that is not there (20 are looked for, spread over the list).
        OSError: the list cannot be written.
    """
    path = Path(list_file)
    if not path.is_file():
        names = find()
        _write(path, names, header)
        MMLogger.get_current_instance().info(f'{len(names)} clips below {root} listed in {path}')
        return names
    lines = path.read_bytes().rstrip(b'\r\n').splitlines()
    remedy = 'mend it, or delete it to have the clips listed anew'
    first_number = 1 if header is None else 2
    if header is not None:
        first = lines.pop(0) if lines else b''
        if first != header.encode():
            raise ValueError(f'{path} does not fit {root}: it begins with {first[:80]!r}, expected '
                             f'{header!r}; {remedy}')
    if not lines:
        raise ValueError(f'{path} lists no clip; {remedy}')
    for number, line in enumerate(lines, first_number):
        if not line or line.startswith((b'/', b'./')) or b'..' in line.split(b'/'):
            raise ValueError(f'{path}, line {number}: {os.fsdecode(line)!r} is no path below '
                             f'{root} (such as actor0/action1); {remedy}')
    if len(set(lines)) < len(lines):
        seen = set()
        twice = next(line for line in lines if line in seen or seen.add(line))
        raise ValueError(f'{path} lists {os.fsdecode(twice)} twice; {remedy}')
    names = np.array(lines, np.bytes_)
    for i in evenly_spaced(len(names), SPOT_CHECKS):
        name = os.fsdecode(names[i])
        if not is_there(name):
            raise ValueError(f'{path} lists {name}, which is not below {root}; {remedy}')
    return names


def choose(names: np.ndarray, include: Sequence[str] | None, exclude: Sequence[str], where: str
           ) -> np.ndarray:
    """Numbers (C,) of the clips whose name matches one of the glob patterns ``include`` (None: all)
    and none of ``exclude``.

    Raises:
        FileNotFoundError: none is; says so of the clips ``where``.
    """
    if include is None and not exclude:
        return np.arange(len(names))
    wanted, unwanted = _any_of(['*'] if include is None else include), _any_of(exclude)
    texts = (name.decode(errors='surrogateescape') for name in names.tolist())
    chosen = np.flatnonzero(np.fromiter(
        (wanted(text) is not None and unwanted(text) is None for text in texts), bool, len(names)))
    if not len(chosen):
        some = [os.fsdecode(name) for name in names[:3]]
        raise FileNotFoundError(f'none of the {len(names)} clips {where} (e.g. {some}) is left by '
                                f'include={include}, exclude={list(exclude)}')
    return chosen


def _any_of(patterns: Sequence[str]) -> Callable[[str], re.Match | None]:
    """Matches a text that one of the glob patterns matches: one expression for all, as there may
    be a million names."""
    return re.compile('|'.join(map(fnmatch.translate, patterns)) or '(?!)').match


def _write(path: Path, names: np.ndarray, header: str | None) -> None:
    for name in names:
        if b'\n' in name or b'\r' in name:
            raise ValueError(f'the clip {os.fsdecode(name)!r} has a line break in its name and '
                             'cannot be listed: rename it')
    head = [] if header is None else [header.encode()]
    try:
        with atomic_file(path) as partial:
            partial.write_bytes(b'\n'.join([*head, *names.tolist(), b'']))
    except OSError as error:
        raise OSError(f'the list {path} cannot be written ({error.strerror}): set list_file to a '
                      'path that can be') from error
