"""The database of a packed set, opened once in each process that reads it.

Read through MMEngine's ``LmdbBackend``. Used of it: ``get(key) -> bytes``, which opens the
environment at the first read, read-only, without a lock file and without read-ahead (random reads
gain nothing by it), begins a transaction a read and copies the value out of the map; and that
deleting the backend closes the environment. It returns None for an absent key, which is checked
here. Writing is not offered by it: see ``packed_writer``.
"""
from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar

from mmengine.fileio import LmdbBackend, get_file_backend

from ikp_mm.clips.packed_format import FORMAT_KEY, PackedFormatError


class PackedDatabase:
    """Values by key, from a map that all processes share.

    Processes never share the opened environment: LMDB forbids it. What a forked process inherits
    it closes, which leaves its parent's alone, and opens its own. Within a process LMDB wants one
    environment a file: all that read a database, train and validation sets say, use the same.

    Args:
        path: the folder.
        identity: which packing is expected there.
    """

    _opened: ClassVar[dict[str, tuple[str, LmdbBackend]]] = {}
    _process: ClassVar[int] = os.getpid()

    def __init__(self, path: Path, identity: str) -> None:
        self.path, self.identity = os.path.realpath(path), identity

    def get(self, key: str) -> bytes | None:
        """The value, None where there is none.

        Raises:
            ImportError: lmdb is not installed; says how to.
            PackedFormatError: the database is another packing's.
        """
        cls = PackedDatabase
        if cls._process != os.getpid():
            cls._opened.clear()
            cls._process = os.getpid()
        identity, backend = cls._opened.get(self.path, (None, None))
        if identity != self.identity:
            backend = self._open()
        return backend.get(key)

    def _open(self) -> LmdbBackend:
        # One that was packed over in the meantime; LMDB opens none beside it. No name may hold on
        # to it: deleting is what closes it.
        PackedDatabase._opened.pop(self.path, None)
        try:
            backend = get_file_backend(backend_args=dict(backend='lmdb', db_path=self.path))
        except ImportError as error:
            raise ImportError('packed clips need lmdb: pip install lmdb') from error
        found = (backend.get(FORMAT_KEY) or b'nothing').decode()
        if found != self.identity:
            raise PackedFormatError(
                f'{self.path} holds the database of another packing than its index says ({found}, '
                f'not {self.identity}): it was copied in part, or packed anew while it was in use')
        PackedDatabase._opened[self.path] = self.identity, backend
        return backend
