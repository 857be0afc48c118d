"""Which code and which machine a study's row was computed by."""
from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path

import torch

# What the numbers of a row depend on. Configs are not here: a row's resolved config is hashed
# whole. What only draws, or reads finished results, changes no number.
CODE_PATHS = (
    'ikp_mm', 'tools/train.py', 'tools/test.py', 'tools/regress.py',
    ':(exclude)ikp_mm/visualization', ':(exclude)ikp_mm/engine/study*',
    ':(exclude)ikp_mm/evaluation/published*', ':(exclude)ikp_mm/evaluation/comparison.py',
    ':(exclude)ikp_mm/evaluation/run_report.py')


@dataclass(frozen=True)
class CodeVersion:
    """The state of :data:`CODE_PATHS` in a git checkout.

    Attributes:
        commit: the last commit that touched them.
        uncommitted: '' when they are as committed, else a hash of what is not.
    """

    commit: str
    uncommitted: str = ''

    @property
    def dirty(self) -> bool:
        """Something is not committed: such a state never equals a clean commit."""
        return bool(self.uncommitted)

    @property
    def folder(self) -> str:
        """A short name for folders."""
        return self.commit[:12] + (f'-dirty-{self.uncommitted[:12]}' if self.dirty else '')


def _git(root: Path, *arguments: str) -> bytes:
    done = subprocess.run(['git', '-C', str(root), *arguments], capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f'a study needs a git checkout, to say which code made its numbers: '
                           f'git {arguments[0]} in {root} says: '
                           f'{done.stderr.decode(errors="replace").strip()}')
    return done.stdout


def code_version(root: Path, paths: tuple[str, ...] = CODE_PATHS) -> CodeVersion:
    """Commit and uncommitted changes of ``paths`` in the checkout ``root``.

    Raises:
        RuntimeError: no git checkout, or no commit that touches the paths.
    """
    commit = _git(root, 'log', '-1', '--format=%H', '--', *paths).decode().strip()
    if not commit:
        raise RuntimeError(f'no commit of {root} touches {", ".join(paths)}')
    digest = hashlib.sha256()
    changes = _git(root, 'diff', 'HEAD', '--binary', '--', *paths)
    digest.update(changes)
    untracked = [name for name in _git(root, 'ls-files', '-z', '--others', '--exclude-standard',
                                       '--', *paths).split(b'\0') if name]
    for name in sorted(untracked):
        digest.update(b'\0' + name + b'\0' + (root / os.fsdecode(name)).read_bytes())
    return CodeVersion(commit, digest.hexdigest() if changes or untracked else '')


def machine() -> dict:
    """What minutes depend on: processors, threads, graphics card, versions."""
    return dict(
        cpus=os.cpu_count(), usable_cpus=len(os.sched_getaffinity(0)),
        threads=torch.get_num_threads(), architecture=platform.machine(),
        gpu=torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        torch=torch.__version__, python=platform.python_version())
