"""How MMEngine reads and writes checkpoints here: never run, and either whole or not there."""
from __future__ import annotations

from pathlib import Path
from typing import Union

import torch
from mmengine.fileio import LocalBackend, register_backend
from mmengine.runner import CheckpointLoader

from ikp_mm.io.atomic import atomic_file
from ikp_mm.io.checkpoint_file import load_plain


class AtomicLocalBackend(LocalBackend):
    """MMEngine's local backend, writing to a hidden file first, which is flushed and renamed.

    A config asks for it with ``CheckpointHook(backend_args=dict(backend='atomic_local'))``. A
    process that dies while writing leaves the hidden file, and the previous file untouched.
    """

    def put(self, obj: bytes, filepath: Union[str, Path]) -> None:
        with atomic_file(Path(filepath)) as partial:
            partial.write_bytes(obj)


register_backend('atomic_local', AtomicLocalBackend, force=True)


@CheckpointLoader.register_scheme(prefixes='', force=True)
def load_from_local(filename: str, map_location: Union[str, torch.device, None] = None):
    """What MMEngine (its runner, ``init_cfg`` and ``load_checkpoint``) reads local files by.

    A resume would run ``meta['config']``, a text of MMCV 1.x, as Python: it is left out.

    Raises:
        FileNotFoundError, ValueError: see :func:`ikp_mm.io.checkpoint_file.load_plain`.
    """
    content = load_plain(filename, map_location)
    if isinstance(content, dict) and isinstance(content.get('meta'), dict):
        content['meta'].pop('config', None)
    return content
