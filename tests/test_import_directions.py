"""Imports point one way (DESIGN.md, section 2).

ops, structures, skeletons <- datasets, model parts <- keypoint_gan <- engine, inference <- deploy;
evaluation and visualization import no model; ops know no registry.
"""
import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / 'ikp_mm'

BASE = {'ikp_mm.ops', 'ikp_mm.structures', 'ikp_mm.skeletons'}
DATA = {'ikp_mm.io', 'ikp_mm.synthetic', 'ikp_mm.clips', 'ikp_mm.priors', 'ikp_mm.datasets'}
MODELS = {'ikp_mm.models', 'ikp_mm.models.pose_estimators'}

# What each layer may import of this package besides itself. A module belongs to the longest
# prefix that matches it.
ALLOWED = {
    'ikp_mm.compat': set(),
    'ikp_mm.version': set(),
    'ikp_mm.own_frames': set(),
    'ikp_mm.literals': set(),
    'ikp_mm.command_line': set(),
    'ikp_mm.ops': set(),
    'ikp_mm.structures': set(),
    'ikp_mm.skeletons': {'ikp_mm.literals'},
    'ikp_mm.io': BASE,
    'ikp_mm.synthetic': BASE | {'ikp_mm.io'},
    'ikp_mm.clips': BASE | {'ikp_mm.io', 'ikp_mm.synthetic'},
    'ikp_mm.priors': BASE | {'ikp_mm.io', 'ikp_mm.synthetic', 'ikp_mm.clips'},
    'ikp_mm.datasets': BASE | DATA,
    'ikp_mm.preparation': BASE | DATA,
    'ikp_mm.models': BASE,
    'ikp_mm.models.pose_estimators': BASE | {'ikp_mm.models'},
    'ikp_mm.visualization': BASE | {'ikp_mm.io'},
    'ikp_mm.evaluation': BASE | DATA | {'ikp_mm.visualization'},
    'ikp_mm.engine': BASE | DATA | MODELS | {'ikp_mm.literals', 'ikp_mm.evaluation',
                                             'ikp_mm.visualization'},
    'ikp_mm.inference': BASE | DATA | MODELS | {'ikp_mm.literals', 'ikp_mm.preparation',
                                                'ikp_mm.evaluation',
                                                'ikp_mm.visualization'},
    'ikp_mm.deploy': BASE | DATA | MODELS | {'ikp_mm.literals', 'ikp_mm.inference'},
}
# These gather what their subpackages register.
GATHERING = {'ikp_mm', 'ikp_mm.models'}


def layer(module: str) -> str:
    matching = [name for name in ALLOWED if f'{module}.'.startswith(f'{name}.')]
    assert matching, f'{module} belongs to no layer: add it to ALLOWED and to DESIGN.md'
    return max(matching, key=len)


def module_name(path: Path, root: Path = ROOT) -> str:
    parts = path.relative_to(root).with_suffix('').parts
    return '.'.join(parts[:-1] if parts[-1] == '__init__' else parts)


def imported_modules(source: str, module: str, is_package: bool) -> set[str]:
    """Absolute names of everything imported anywhere in a source, inside functions too.

    ``from . import x`` and ``from ikp_mm import x`` count as importing ``x`` of that package.
    """
    package = module.split('.') if is_package else module.split('.')[:-1]
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[:len(package) - node.level + 1] if node.level else []
            origin = '.'.join(base + ([node.module] if node.module else []))
            found |= {f'{origin}.{alias.name}' for alias in node.names}
    return found


SOURCES = sorted(PACKAGE.rglob('*.py'))


def imports_of(path: Path) -> set[str]:
    return imported_modules(path.read_text(encoding='utf-8'), module_name(path),
                            path.name == '__init__.py')


# ------------------------------------------------------------------ the reading itself

@pytest.mark.parametrize('source, expected', [
    ('import torch.nn as nn', {'torch.nn'}),
    ('from ikp_mm.ops import coords', {'ikp_mm.ops.coords'}),
    ('from ...ops import a, b', {'ikp_mm.ops.a', 'ikp_mm.ops.b'}),
    ('from ..layers import BN', {'ikp_mm.models.layers.BN'}),
    ('from . import sibling', {'ikp_mm.models.heads.sibling'}),
    ('def f():\n    from ... import engine', {'ikp_mm.engine'}),
])
def test_reads_absolute_and_relative_imports(source, expected):
    assert imported_modules(source, 'ikp_mm.models.heads.head', is_package=False) == expected


def test_relative_imports_of_a_package_start_at_itself():
    assert imported_modules('from .head import Head', 'ikp_mm.models.heads', is_package=True) == {
        'ikp_mm.models.heads.head.Head'}


def test_layer_is_the_longest_prefix():
    assert layer('ikp_mm.models.pose_estimators.keypoint_gan') == 'ikp_mm.models.pose_estimators'
    assert layer('ikp_mm.models.losses.GANLoss') == 'ikp_mm.models'
    with pytest.raises(AssertionError, match='belongs to no layer'):
        layer('ikp_mm.opsy')


# ------------------------------------------------------------------ the package

def test_there_is_something_to_read():
    names = {module_name(path) for path in SOURCES}
    assert {'ikp_mm', 'ikp_mm.ops.coords', 'ikp_mm.models.pose_estimators.keypoint_gan'} <= names


def test_imports_point_one_way():
    wrong = []
    for path in SOURCES:
        module = module_name(path)
        if module in GATHERING:
            continue
        own = layer(module)
        allowed = ALLOWED[own] | {own, 'ikp_mm.version'}  # the version depends on nothing
        wrong += [f'{module} ({own}) must not import {name}' for name in sorted(imports_of(path))
                  if name.startswith('ikp_mm') and layer(name) not in allowed]
    assert not wrong, '\n'.join(wrong)


@pytest.mark.parametrize('package', ['ops', 'structures', 'skeletons'])
def test_the_lowest_layers_know_no_registry(package):
    paths = [p for p in SOURCES if layer_of(p) == f'ikp_mm.{package}']
    assert paths
    for path in paths:
        assert not {name for name in imports_of(path) if 'registry' in name.lower()
                    or name.startswith('mmpose')}, path


def layer_of(path: Path) -> str:
    module = module_name(path)
    return '' if module in GATHERING else layer(module)


def test_ops_are_pure_torch():
    for path in SOURCES:
        if layer_of(path) == 'ikp_mm.ops':
            foreign = {name.split('.')[0] for name in imports_of(path)} - {
                'torch', 'ikp_mm', '__future__', 'math', 'typing'}
            assert not foreign, f'{path.name} imports {sorted(foreign)}'


def test_functional_evaluation_works_on_arrays_alone():
    for path in (PACKAGE / 'evaluation/functional').glob('*.py'):
        hosts = {name for name in imports_of(path)
                 if name.split('.')[0] in ('mmpose', 'mmengine', 'torch')}
        assert not hosts, f'{path.name} imports {sorted(hosts)}'


def test_configs_and_tools_hold_no_other_package_of_ours():
    # Data flows through the package: nothing in it imports what stands beside it.
    for path in SOURCES:
        tops = {name.split('.')[0] for name in imports_of(path)}
        assert not tops & {'benchmarks', 'tools', 'tests', 'projects', 'configs'}, path
