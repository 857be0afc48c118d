"""Checkpoint files, read without running anything that they say."""
from __future__ import annotations

import pickle
import re
import struct
import warnings
import zipfile
import zlib
from pathlib import Path

import torch

# What torch's reader raises for files that are cut off, spoilt, or no checkpoints at all.
SPOILT = (RuntimeError, EOFError, ValueError, KeyError, IndexError, TypeError, AttributeError,
          OverflowError, AssertionError, NotImplementedError, struct.error, zlib.error, OSError,
          zipfile.BadZipFile)
NO_CHECKPOINT = ('{} cannot be read as a checkpoint: it is cut off or spoilt, or was not written '
                 'by torch.save')


def latest_checkpoint(path: str | Path) -> str:
    """A checkpoint's path; ``.../last_checkpoint``, which holds one, is followed.

    Raises:
        FileNotFoundError: no such ``last_checkpoint`` file.
    """
    if Path(path).name != 'last_checkpoint':
        return str(path)
    if not Path(path).is_file():
        raise FileNotFoundError(f'{path} does not exist: was this work directory trained in?')
    return Path(path).read_text(encoding='utf-8').strip()


def last_whole_checkpoint(work_dir: str | Path) -> tuple[str | None, list[str]]:
    """The checkpoint to resume a work directory from, and why later ones were passed over.

    First the one that ``last_checkpoint`` names, then ``iter_*.pth`` and ``epoch_*.pth`` from the
    last on; the first that can be read. None where there is none at all.

    Raises:
        ValueError: there are checkpoints, and none can be read.
    """
    folder = Path(work_dir)
    numbered = sorted(
        (path for pattern in ('iter_*.pth', 'epoch_*.pth') for path in folder.glob(pattern)
         if path.stem.partition('_')[2].isdigit()),
        key=lambda path: int(path.stem.partition('_')[2]), reverse=True)
    named = folder / 'last_checkpoint'
    if named.is_file():
        # By its name: the folder may have been moved since.
        last = folder / Path(named.read_text(encoding='utf-8').strip()).name
        if last in numbered:
            numbered.sort(key=lambda path: path != last)
    passed_over = []
    for path in numbered:
        try:
            load_plain(path)
        except ValueError as error:
            passed_over.append(str(error))
        else:
            return str(path), passed_over
    if passed_over:
        raise ValueError(f'none of the checkpoints in {folder} can be read: {passed_over[0]}')
    return None, []


def load_plain(path: str | Path, map_location: str | torch.device | None = 'cpu'):
    """What ``torch.save`` wrote: tensors, numbers, texts and containers of them.

    Raises:
        FileNotFoundError: no such file.
        ValueError: the file holds anything else, which would have to be run to be read, or it is
            cut off, spoilt (by the checksums that torch writes and does not read) or no checkpoint.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise FileNotFoundError(f'checkpoint {path} does not exist')
    spoilt = None
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                spoilt = archive.testzip()
    except SPOILT as error:
        raise ValueError(f'{NO_CHECKPOINT.format(path)} ({error})') from error
    if spoilt is not None:
        raise ValueError(f'{NO_CHECKPOINT.format(path)} (checksum of {spoilt})')
    try:
        with warnings.catch_warnings():  # of odd protocols, as spoilt files claim them
            warnings.simplefilter('ignore', UserWarning)
            return torch.load(path, map_location=map_location, weights_only=True)
    except pickle.UnpicklingError as error:
        found = re.search(r'(?:GLOBAL|unsupported class|unrecognized function) ([\w.]+)',
                          str(error))
        if found is None:
            raise ValueError(NO_CHECKPOINT.format(path)) from error
        raise ValueError(f'{path} is refused: it holds {found[1]}, not weights and plain values '
                         'alone, and would have to be run to be read') from error
    except SPOILT as error:
        reason = ' '.join(str(error).split()).partition(' Exception raised from')[0]
        raise ValueError(f'{NO_CHECKPOINT.format(path)} ({reason[:160]})') from error
