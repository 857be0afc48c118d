"""One process at a time in a folder."""
from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmengine.logging import print_log

# What file systems without locks answer.
NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP)


@contextmanager
def sole_process(folder: Path) -> Iterator[None]:
    """Hold ``folder`` (made if need be) for this process until the block ends, or the process does:
    its children do not hold it. Where the file system knows no locks, a warning says so.

    Raises:
        RuntimeError: another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / '.lock', 'a+', encoding='utf-8') as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in NO_LOCKS:
                print_log(f'{folder} lies on a file system without locks: see to it that no other '
                          'run writes there', 'current', level=30)
            elif error.errno in (errno.EAGAIN, errno.EACCES):
                file.seek(0)
                raise RuntimeError(
                    f'{folder} is in use by process {file.read().strip() or "of another machine"}: '
                    'two runs in one folder would overwrite one another. Wait for it, or choose '
                    'another --work-dir') from error
            else:
                raise
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
