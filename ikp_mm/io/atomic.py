"""Files and folders that are there as a whole or not at all."""
from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Gives a hidden file beside ``path`` to write, which becomes ``path`` when the block ends.

    When the block fails the file goes, and what was at ``path`` stays; so it does when the process
    dies, and the hidden file ``.<stem>.partial-...`` is left. Folders to it are made. The file has
    the suffix of ``path`` and a name that no other process gives, on any machine.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f'.{path.stem}.partial-{uuid.uuid4().hex[:8]}{path.suffix}')
    try:
        yield partial
        with open(partial, 'rb') as file:
            os.fsync(file.fileno())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def refuse_existing(path: Path, description: str, what: str, overwrite: bool) -> None:
    """Refuse to replace what must not be replaced.

    Args:
        path: where a folder is to be.
        description: the file that such a folder holds.
        what: what such a folder is called.
        overwrite: whether one may be replaced.

    Raises:
        FileExistsError: something is there and ``overwrite`` is False, or it is another thing.
    """
    if not path.exists():
        return
    if not overwrite:
        raise FileExistsError(f'{path} exists; give --overwrite to make it anew')
    if not (path / description).is_file():
        raise FileExistsError(f'{path} is in the way: it holds no {description}, so it is no '
                              f'{what}')


@contextmanager
def whole_folder(path: Path, description: str, what: str, overwrite: bool) -> Iterator[Path]:
    """Gives a folder beside ``path`` to write into, which becomes ``path`` when the block ends.

    When the block fails the folder goes, and what was at ``path`` stays. Jobs that have files of
    a replaced folder open keep them. The folder's name is no other process's, on any machine.

    Args:
        path, description, what, overwrite: as of :func:`refuse_existing`, which is asked before
            the block and, as hours may have passed, after it.

    Raises:
        FileExistsError: as :func:`refuse_existing`; of two processes that write one folder without
            ``overwrite`` the second to end gets it.
    """
    refuse_existing(path, description, what, overwrite)
    own = uuid.uuid4().hex[:8]
    partial = path.with_name(f'{path.name}.partial-{own}')
    partial.mkdir(parents=True)
    try:
        yield partial
        refuse_existing(path, description, what, overwrite)
        if not path.exists():
            # Fails, as it should, where another process has put its files there just now.
            partial.rename(path)
            return
        replaced = path.with_name(f'{path.name}.replaced-{own}')
        path.rename(replaced)
        try:
            partial.rename(path)
        finally:
            if not path.exists():
                replaced.rename(path)
        shutil.rmtree(replaced)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
