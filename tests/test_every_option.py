"""Every public argument of every class that ikp_mm registers does something.

``options_table.py`` says for each argument another value, and what is looked at. Weights follow
from the names of parameters, so an argument that only moves the dice of others does not count.
"""
import functools
import hashlib
import inspect
import itertools
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.registry import Registry
from mmpose import registry as mmpose_registry

from options_table import TABLE, Case, Row, arguments_of

# Of a host's base class, to which ours passes them on under the same name.
HOST_ARGUMENTS = {'init_cfg', 'train_cfg', 'test_cfg', 'data_preprocessor', 'metainfo', 'pipeline',
                  'fp16'}
# A loop's owner, which is no option.
NO_OPTIONS = {'self', 'runner'}
# Digests, by class and arguments.
BASELINES: dict[bytes, str] = {}
VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def registered() -> dict[str, type]:
    """The classes that ikp_mm registers, by name."""
    return {name: cls for registry in vars(mmpose_registry).values()
            if isinstance(registry, Registry) for name, cls in registry.module_dict.items()
            if cls.__module__.startswith('ikp_mm.')}


def own_arguments(cls: type) -> list[str]:
    """Arguments of the class's own ``__init__``."""
    if '__init__' not in vars(cls):
        return []
    of_hosts = {name for base in cls.__mro__[1:] if not base.__module__.startswith('ikp_mm.')
                for name in inspect.signature(base.__init__).parameters}
    passed_over = NO_OPTIONS | (HOST_ARGUMENTS & of_hosts)
    return [name for name, parameter in inspect.signature(cls.__init__).parameters.items()
            if parameter.kind not in VARIADIC and name not in passed_over]


def amiss(classes: Mapping[str, type], table: Mapping[str, Case]) -> list[str]:
    """Arguments without a row, and rows without an argument."""
    wanted = {(name, argument) for name, cls in classes.items() for argument in own_arguments(cls)}
    found = {(name, key.partition('.')[0]) for name, case in table.items() for key in case.rows}
    return ([f'{name}({argument}=...) has no row' for name, argument in sorted(wanted - found)]
            + [f'{name} has no argument {argument}' for name, argument in sorted(found - wanted)])


def canonical(value) -> bytes:
    """Bytes that are alike where tensors, arrays and plain values in dicts and lists are."""
    if isinstance(value, torch.Tensor):
        value = value.detach().numpy()
    if isinstance(value, np.ndarray):
        return f'{value.dtype} {value.shape} '.encode() + value.tobytes()
    if isinstance(value, Mapping):
        value = sorted(value.items(), key=lambda item: str(item[0]))
    if isinstance(value, (list, tuple)):
        return b'[' + b', '.join(map(canonical, value)) + b']'
    return repr(value).encode()


def observed(cls: type, case: Case, arguments: dict) -> str:
    """Digest of what an instance does, and writes below ``out/``."""
    shutil.rmtree('out', ignore_errors=True)
    Path('out').mkdir()
    torch.manual_seed(0)
    seen = case.observe(cls(**case.extra(), **arguments))
    files = [(str(path), path.read_bytes()) for path in sorted(Path('out').rglob('*'))
             if path.is_file()]
    return hashlib.sha256(canonical([seen, files])).hexdigest()


def baseline(cls: type, case: Case, arguments: dict) -> str:
    """What is observed of a baseline, twice; rows share it."""
    key = canonical([cls.__name__, arguments])
    if key not in BASELINES:
        BASELINES[key] = observed(cls, case, arguments)
        assert observed(cls, case, arguments) == BASELINES[key], 'two alike instances differ'
    return BASELINES[key]


def check(cls: type, case: Case, key: str) -> None:
    """The row ``key`` of a case: the baseline repeats itself, and the other value differs."""
    base, changed, raises = arguments_of(case, key)
    before = baseline(cls, case, base)
    if raises is None:
        assert observed(cls, case, changed) != before, f'{key} changes nothing'
        return
    with pytest.raises((ValueError, RuntimeError, KeyError, OSError), match=raises):
        observed(cls, case, changed)


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp('options')


@functools.cache
def write(files) -> None:
    """What cases share is written once."""
    files()


def test_every_argument_has_a_row():
    assert not amiss(registered(), TABLE)


@pytest.mark.parametrize('name, key', [(name, key) for name, case in TABLE.items()
                                       for key in case.rows])
def test_it_does_something(name, key, folder, monkeypatch):
    monkeypatch.chdir(folder)
    case = TABLE[name]
    if case.files is not None:
        write(case.files)
    check(registered()[name], case, key)


class Host:

    def __init__(self, init_cfg=None, width=1):
        self.width = width


class Half(Host):
    """One option works, the other is dead."""

    def __init__(self, width, dead=0, init_cfg=None, pipeline=None):
        super().__init__(init_cfg, width)


def test_an_option_without_a_row_is_named():
    # A host has init_cfg, none has pipeline.
    table = dict(Half=Case({}, None, {'width': 2, 'width.of': 3, 'heigth': 2}))
    assert amiss(dict(Half=Half, Host=type('Host', (Host, ), {})), table) == [
        'Half(dead=...) has no row', 'Half(pipeline=...) has no row', 'Half has no argument heigth']


def test_an_option_that_does_nothing_is_found(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    counter = itertools.count()
    case = Case(dict(width=1), lambda half: half.width, dict(
        width=2, dead=1, init_cfg=Row(1, raises='is refused')))
    check(Half, case, 'width')
    with pytest.raises(AssertionError, match='dead changes nothing'):
        check(Half, case, 'dead')
    with pytest.raises(pytest.fail.Exception, match='DID NOT RAISE'):
        check(Half, case, 'init_cfg')
    with pytest.raises(AssertionError, match='two alike instances differ'):
        baseline(Half, case._replace(observe=lambda half: next(counter)), dict(width=3))
