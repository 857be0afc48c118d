"""One process at a time in a folder."""
from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def sole_process(folder: Path) -> Iterator[None]:
    """Hold ``folder`` (made if need be) for this process until the block ends, or the process does.

    Raises:
        RuntimeError: another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / '.lock', 'a+', encoding='utf-8') as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise RuntimeError(
                f'{folder} is in use by process {file.read().strip() or "of another machine"}: '
                'two runs in one folder would overwrite one another. Wait for it, or choose '
                'another --work-dir') from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
