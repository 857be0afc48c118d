"""Which code and which machine a row of a study was computed by."""
from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path

import torch

# What the numbers of a row depend on besides its configuration, which is hashed whole.
CODE_PATHS = ('ikp_mm', 'tools/train.py', 'tools/test.py', 'projects/comparison/models',
              'projects/comparison/regress.py')
DRAWS_ONLY = 'ikp_mm/visualization'


@dataclass(frozen=True)
class CodeVersion:
    """The state of :data:`CODE_PATHS` in a git checkout.

    Attributes:
        digest: sha256 of the Python files' names and contents.
        commit: the last commit that touched them.
        dirty: something of them is not committed.
    """

    digest: str
    commit: str
    dirty: bool = False


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(['git', '-C', str(root), *arguments], capture_output=True, text=True,
                          check=False)
    if done.returncode:
        raise RuntimeError('a study needs a git checkout, to say which code made its numbers: '
                           f'git {arguments[0]} in {root} says: {done.stderr.strip()}')
    return done.stdout.strip()


def code_version(root: Path, paths: tuple[str, ...] = CODE_PATHS) -> CodeVersion:
    """The code as it is now in the checkout ``root``.

    Raises:
        RuntimeError: no git checkout.
    """
    digest = hashlib.sha256()
    for path in paths:
        for file in sorted((root / path).rglob('*.py')) or [root / path]:
            name = file.relative_to(root).as_posix()
            if not name.startswith(DRAWS_ONLY):
                digest.update(name.encode() + b'\0' + file.read_bytes() + b'\0')
    spec = ('--', *paths, f':(exclude){DRAWS_ONLY}')
    return CodeVersion(digest.hexdigest(), _git(root, 'log', '-1', '--format=%H', *spec),
                       bool(_git(root, 'status', '--porcelain', *spec)))


def machine() -> dict:
    """What minutes depend on: processors, threads, graphics card, versions."""
    return dict(
        cpus=os.cpu_count(), usable_cpus=len(os.sched_getaffinity(0)),
        threads=torch.get_num_threads(), architecture=platform.machine(),
        gpu=torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        torch=torch.__version__, python=platform.python_version())
