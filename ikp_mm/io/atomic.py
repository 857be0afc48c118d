"""Files and folders that are there as a whole or not at all, and which may be replaced."""
from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Gives a hidden file beside ``path``, of its suffix, to write, which becomes ``path`` when the
    block ends. Folders to it are made.

    When the block fails the file goes, and what was at ``path`` stays; so it does when the process
    dies, and the hidden file ``.<stem>.partial-...`` is left.
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


def earlier_record(folder: Path, name: str, made_by: str, overwrite: bool) -> dict | None:
    """The json file ``name`` that an earlier call of the tool ``made_by`` left in a folder, to be
    replaced; None without the folder.

    Raises:
        FileExistsError: it may not be replaced (``overwrite``); something else is there.
    """
    if not folder.exists():
        return None
    path = folder / name
    record = json.loads(path.read_text(encoding='utf-8')) if path.is_file() else {}
    if record.get('made_by') != made_by:
        raise FileExistsError(f'{folder} is in the way: it was not made by {made_by}; choose '
                              'another --out')
    if not overwrite:
        raise FileExistsError(f'{folder} is there already: choose another --out, or --overwrite')
    return record


@contextmanager
def atomic_folder(target: Path, description: str, what: str, overwrite: bool) -> Iterator[Path]:
    """Gives a hidden folder beside ``target`` to write into, which becomes ``target`` when the
    block ends and goes when it fails. What is replaced stays whatever fails, and jobs that have its
    files open keep them.

    A process that dies leaves ``.<name>.partial-...``, a name that no other process gives, on any
    machine. Arguments are those of :func:`refuse_existing`, which is asked at once and, as hours
    may have passed, at the end: of two processes that write one folder without ``overwrite`` the
    second to end is refused.
    """
    wanted, own = (target, description, what, overwrite), uuid.uuid4().hex[:8]
    refuse_existing(*wanted)
    partial = target.with_name(f'.{target.name}.partial-{own}')
    replaced = target.with_name(f'.{target.name}.replaced-{own}')
    partial.mkdir(parents=True)
    try:
        yield partial
        refuse_existing(*wanted)
        if target.exists():
            target.rename(replaced)
        # Fails, as it should, where another process has put its files there just now.
        partial.rename(target)
    finally:
        if replaced.exists() and not target.exists():
            replaced.rename(target)
        for rest in (partial, replaced):
            if rest.exists():
                shutil.rmtree(rest)


def remove_partial(folder: Path, suffix: str = '') -> None:
    """Remove what processes that died have left of files and folders in ``folder``, or of files of
    one suffix alone."""
    for path in folder.glob(f'.*.partial-*{suffix}'):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
