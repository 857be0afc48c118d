"""Checkpoints that are either whole or not there."""
from __future__ import annotations

from pathlib import Path
from typing import Union

from mmengine.fileio import LocalBackend, register_backend

from ikp_mm.io.atomic import whole_file


class AtomicLocalBackend(LocalBackend):
    """MMEngine's local backend, writing to a temporary name first.

    A config asks for it with ``CheckpointHook(backend_args=dict(backend='atomic_local'))``. A
    process that dies while writing leaves a hidden file and the previous file untouched.
    """

    def put(self, obj: bytes, filepath: Union[str, Path]) -> None:
        """Write ``obj`` to a hidden file, flush it to disk, rename it to ``filepath``."""
        with whole_file(Path(filepath)) as partial:
            partial.write_bytes(obj)


register_backend('atomic_local', AtomicLocalBackend, force=True)
