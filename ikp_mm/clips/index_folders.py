"""Making the index of a folder of image folders, in this process or in several."""
from __future__ import annotations

import os
import time
from array import array
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Callable, Iterator, NamedTuple, Sequence

import numpy as np

from ikp_mm.clips.clip_index import ClipIndex
from ikp_mm.io.byte_table import ByteTable
from ikp_mm.io.find import (BACKGROUND_SUFFIX, IMAGE_SUFFIXES, frame_folders, frames_in, is_frame,
                             natural_key, walk_real)
from ikp_mm.io.frame_names import decode_names, encode_names
from ikp_mm.io.workers import IndexProgress, in_workers

# Subtrees that each worker gets at least, so that a deep one does not keep the others waiting.
SUBTREES_PER_WORKER = 64
SETTLED_AFTER = 5 * 10**9


class _Part(NamedTuple):
    """What one process is to look through: a folder, alone or with all below it."""

    root: str
    folder: str
    whole: bool
    image_suffixes: tuple[str, ...]
    background_suffix: str | None


class _Found(NamedTuple):
    """A folder that holds images. ``link``: its real path where that is another, else ''."""

    name: str
    count: int
    time: int
    entry: bytes
    link: str


def index_folders(root: str | Path, image_suffixes: Sequence[str] = IMAGE_SUFFIXES,
                  background_suffix: str | None = BACKGROUND_SUFFIX, workers: int = 0,
                  say: Callable[[str], None] | None = None) -> ClipIndex:
    """Find the clips that ``FolderClips`` describes.

    Args:
        root: the folder of clips.
        image_suffixes, background_suffix: see ``FolderClips``.
        workers: processes that list folders; 0 is this one alone.
        say: is told every ten seconds how far it is; None: nobody.

    Raises:
        FileNotFoundError: ``root`` is no folder, or holds no clip.
    """
    root = Path(root)
    if not root.is_dir():
        raise FileNotFoundError(
            f'the folder of clips {root} does not exist; "python tools/prepare_videos.py '
            f'VIDEOS --out {root}" makes one, see docs/own_frames.md')
    suffixes = tuple(suffix.lower() for suffix in image_suffixes)
    names, entries, unreadable = [], [], []
    counts, times = array('i'), array('q')
    seen_links: set[str] | None = None
    real_root = os.path.realpath(root)
    for found, problems in _looked_through(root, suffixes, background_suffix, workers, say):
        unreadable.extend(problems)
        for clip in found:
            if clip.link and seen_links is None:  # only now can a folder come twice
                seen_links = {_real(real_root, name) for name in names}
            if seen_links is not None:
                real = clip.link or _real(real_root, clip.name)
                if real in seen_links:
                    continue
                seen_links.add(real)
            names.append(clip.name)
            entries.append(clip.entry)
            counts.append(clip.count)
            times.append(clip.time)
    if '.' in names:
        at = names.index('.')
        for column in (names, entries, counts, times):
            del column[at]
        if not names:
            _refuse_single_clip(root)
    if not names:
        raise FileNotFoundError(f'no folder below {root} holds images ({", ".join(suffixes)})')
    order = sorted(range(len(names)), key=lambda i: natural_key(names[i]))
    return ClipIndex(
        'folders', str(root.absolute()), folder_options(suffixes, background_suffix),
        ByteTable.of_texts([names[i] for i in order]), np.array(counts, np.int32)[order],
        np.array(times, np.int64)[order], ByteTable.of([entries[i] for i in order]), unreadable)


def folder_options(image_suffixes: Sequence[str], background_suffix: str | None) -> dict:
    """What decides which clips and frames are found, as an index records it."""
    return dict(suffixes=[suffix.lower() for suffix in image_suffixes],
                background_suffix=background_suffix)


def check_folder(index: ClipIndex, root: Path, clip: int) -> None:
    """Compare a clip with what the index says of it.

    A folder that was not changed since costs one look at its time of change; one that was is
    listed, and good when its frames have the names in the index.

    Raises:
        StaleIndexError: it is not there, or has other frames.
        OSError: it cannot be looked at.
    """
    name = index.names.text(clip)
    folder = root / name
    try:
        if os.stat(folder).st_mtime_ns == index.times[clip]:
            return
        there = frames_in(folder, index.options['suffixes'], index.options['background_suffix'])
    except (FileNotFoundError, NotADirectoryError) as error:
        raise index.stale(f"clip '{name}' is not below {root}") from error
    count = int(index.frame_counts[clip])
    known = decode_names(index.entries.view(clip), count)
    if there != known:
        raise index.stale(f"clip '{name}' has {len(there)} frames in {folder}, the index "
                          f'{count}' + (' of other names' if len(there) == count else ''))


def _real(real_root: str, name: str) -> str:
    """Real path of a folder with no link on its way from the root."""
    return real_root if name == '.' else os.path.join(real_root, name)


def _refuse_single_clip(root: Path) -> None:
    if any(item.is_dir() and item.name[0] != '.' for item in root.iterdir()):
        return
    raise FileNotFoundError(
        f'{root} holds images but no folder of images; clips are its subfolders. For a single '
        f'clip give root={root.parent} and include=[{root.name!r}]')


def _looked_through(root: Path, suffixes: tuple[str, ...], background_suffix: str | None,
                    workers: int, say: Callable[[str], None] | None
                    ) -> Iterator[tuple[list[_Found], list[str]]]:
    def part(folder: str, whole: bool) -> _Part:
        return _Part(str(root), folder, whole, suffixes, background_suffix)

    if workers == 0:
        problems: list[str] = []
        folders = frame_folders(root, suffixes, background_suffix, lambda error: problems.append(
            f'{error.filename}: {error.strerror}'))
        yield [_Found(name, len(files), _settled_time(root / name), encode_names(files), '')
               for name, files in folders.items()], problems
        return
    parts = [part(str(root), True)]
    while len(parts) < workers * SUBTREES_PER_WORKER and any(p.whole for p in parts):
        divided = []  # in the order in which one process would come to them
        for old in parts:
            divided.append(old._replace(whole=False))
            if old.whole:
                for _, _, below, _ in islice(walk_real(Path(old.folder), set(), top=root), 1):
                    divided.extend(part(os.path.join(old.folder, name), True) for name in below)
        parts = divided
    progress = IndexProgress(len(parts), 'folders', say)
    for done, result in enumerate(in_workers(_look_through, parts, workers), start=1):
        progress.at(done)
        yield result


def _look_through(part: _Part) -> tuple[list[_Found], list[str]]:
    """The folders of images in a part, and 'folder: reason' of those that cannot be listed."""
    found, problems = [], []
    real_root = os.path.realpath(part.root)
    relative = os.path.relpath(part.folder, part.root)
    visited = set() if relative == '.' else set(
        _real_folders_above(part.root, os.path.dirname(relative)))
    for folder, real, below, files in walk_real(
            Path(part.folder), visited,
            lambda error: problems.append(f'{error.filename}: {error.strerror}'),
            top=Path(part.root)):
        if not part.whole:
            below.clear()
        images = sorted((name for name in files
                         if is_frame(name, part.image_suffixes, part.background_suffix)),
                        key=natural_key)
        if not images:
            continue
        name = Path(os.path.relpath(folder, part.root)).as_posix()
        found.append(_Found(name, len(images), _settled_time(folder), encode_names(images),
                            '' if real == _real(real_root, name) else real))
    return found, problems


def _settled_time(folder: str) -> int:
    """When a folder was last changed, in nanoseconds; 0 when that is so lately that a frame may
    have come after the folder was listed: a check then lists it again."""
    changed = os.stat(folder).st_mtime_ns
    return changed if time.time_ns() - changed > SETTLED_AFTER else 0


@lru_cache(maxsize=64)
def _real_folders_above(root: str, relative: str) -> tuple[str, ...]:
    """Real paths of the root and of the folders from it to ``relative``, that one included."""
    parts = Path(relative).parts
    return tuple(os.path.realpath(os.path.join(root, *parts[:i])) for i in range(len(parts) + 1))
