"""Configuration files that the user names: Python, which is run."""
from __future__ import annotations

from pathlib import Path

from mmengine.config import Config

# What a file's Python may raise.
FAULTS = (SyntaxError, NameError, AttributeError, TypeError, KeyError, IndexError, ValueError,
          ArithmeticError, AssertionError, ImportError)


def read_config(path: str | Path) -> Config:
    """MMEngine's ``Config.fromfile``.

    Raises:
        OSError: no such file, or not one of MMEngine's kinds (.py, .json, .yaml).
        ValueError: the file cannot be run; what it raised is named.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f'configuration file {path} does not exist')
    try:
        return Config.fromfile(path)
    except FAULTS as error:
        raise ValueError(f'configuration file {path} cannot be read: {type(error).__name__}: '
                         f'{error}') from error
