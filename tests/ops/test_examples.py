"""The examples in the docstrings of ``ikp_mm.ops``."""
import doctest
import importlib
import inspect
import pkgutil

import torch

from ikp_mm import ops

MODULES = [importlib.import_module(f'{ops.__name__}.{found.name}')
           for found in pkgutil.iter_modules(ops.__path__)]


def test_examples_say_what_comes_out():
    for module in MODULES:
        assert doctest.testmod(module, extraglobs={'torch': torch}).failed == 0, module.__name__


def test_each_public_function_has_one():
    for module in MODULES:
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and not name.startswith('_'):
                assert '>>>' in function.__doc__, f'{module.__name__}.{name}'
