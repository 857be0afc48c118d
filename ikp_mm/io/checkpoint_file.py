"""Checkpoint files, read without running anything that they say."""
from __future__ import annotations

import pickle
import re
import struct
import warnings
import zipfile
from pathlib import Path

import torch

# What torch's reader raises for files that are cut off, spoilt, or no checkpoints at all.
SPOILT = (RuntimeError, EOFError, ValueError, KeyError, IndexError, TypeError, AttributeError,
          OverflowError, AssertionError, struct.error, zipfile.BadZipFile)
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


def load_plain(path: str | Path, map_location: str | torch.device | None = 'cpu'):
    """What ``torch.save`` wrote: tensors, numbers, texts and containers of them.

    Raises:
        FileNotFoundError: no such file.
        ValueError: the file holds anything else, which would have to be run to be read, or it is
            cut off or no checkpoint.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise FileNotFoundError(f'checkpoint {path} does not exist')
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
