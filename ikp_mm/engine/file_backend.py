"""Checkpoints that are either whole or not there."""
from __future__ import annotations

import os
from pathlib import Path
from typing import Union

from mmengine.fileio import LocalBackend, register_backend


class AtomicLocalBackend(LocalBackend):
    """MMEngine's local backend, writing to a temporary name first.

    A config asks for it with ``CheckpointHook(backend_args=dict(backend='atomic_local'))``. A
    process that dies while writing leaves ``<name>.tmp`` and the previous file untouched.
    """

    def put(self, obj: bytes, filepath: Union[str, Path]) -> None:
        """Write ``obj`` to ``<filepath>.tmp``, flush it to disk, rename it to ``filepath``."""
        path = Path(filepath)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(path.name + '.tmp')
        with open(temporary, 'wb') as file:
            file.write(obj)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)


register_backend('atomic_local', AtomicLocalBackend, force=True)
