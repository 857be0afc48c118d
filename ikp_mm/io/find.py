"""Looking for clips below a folder: what is walked through, in which order, what is wanted."""
from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Callable, Iterator, Sequence

IMAGE_SUFFIXES = ('.jpg', '.jpeg', '.png', '.bmp', '.webp')
VIDEO_SUFFIXES = ('.mp4', '.mpg', '.mpeg', '.avi', '.mov', '.mkv', '.webm')
BACKGROUND_SUFFIX = '.background.jpg'


def natural_key(name: str) -> list:
    """Sort key that orders 'f2' before 'f10'."""
    # Splitting by a group alternates text and number, so like is compared with like.
    return [int(part) if i % 2 else part for i, part in enumerate(re.split(r'(\d+)', name))]


def check_patterns(include: Sequence[str] | None, exclude: Sequence[str]) -> None:
    """Refuse one string where a list of patterns belongs."""
    if isinstance(include, str) or isinstance(exclude, str):
        raise ValueError('include and exclude are lists of patterns, not one string')


def walk_real(root: Path, visited: set[str], on_error: Callable[[OSError], None] | None = None
              ) -> Iterator[tuple[str, str, list[str], list[str]]]:
    """(folder, its real path, folders in it, files in it) of ``root`` and all below it.

    Hidden folders are passed over. Links are followed, and every real folder comes once.

    Args:
        root: where to begin.
        visited: real paths that are not to come again; grows by those that came.
        on_error: is told of folders that cannot be listed; None passes over them.
    """
    for folder, below, files in os.walk(root, followlinks=True, onerror=on_error):
        real = os.path.realpath(folder)
        if real in visited:  # a link back to a parent folder would otherwise never end
            below.clear()
            continue
        visited.add(real)
        below[:] = [name for name in below if name[0] != '.']
        yield folder, real, below, files


def walk_folders(root: Path) -> Iterator[tuple[Path, list[str], list[str]]]:
    """(folder, folders in it, files in it) of ``root`` and all below it but hidden folders, each
    once: links are followed."""
    for folder, _, below, files in walk_real(root, set()):
        yield Path(folder), below, files


def is_frame(filename: str, image_suffixes: tuple[str, ...], background_suffix: str | None
             ) -> bool:
    """Whether a file in a clip's folder is one of its frames; ``image_suffixes`` in lower case."""
    if filename[0] == '.' or not filename.lower().endswith(image_suffixes):
        return False
    return background_suffix is None or not filename.endswith(background_suffix)
