"""Packages that only some of what is here needs, imported when it is needed."""
from __future__ import annotations

import importlib
from types import ModuleType


def optional(name: str, remedy: str) -> ModuleType:
    """The module ``name``.

    Args:
        name: as in ``import``.
        remedy: what needs it, and how to install it.

    Raises:
        ImportError: it, or what it needs itself, is not installed; says the remedy.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError(remedy) from error
