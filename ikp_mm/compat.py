"""The only place that bends to the installed stack.

Every bend is made in memory, before the first import that needs it, only where the real thing is
absent; nothing is written into site-packages. :func:`prepare_stack` runs when ``ikp_mm`` is
imported.
"""
from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import re
import sys
import types
from importlib import metadata
from pathlib import Path

import torch

# Inclusive lower, exclusive upper bounds; the same ranges as setup.py (a test compares them).
SUPPORTED = {
    'torch': ('2.4', '2.14'),
    'mmengine': ('0.10.3', '0.11'),
    'mmpose': ('1.3', '1.4'),
}


def _release(version: str) -> tuple[int, ...]:
    """``'2.13.0+cpu'`` -> ``(2, 13, 0)``; what follows the numbers is dropped."""
    return tuple(map(int, re.match(r'\d+(?:\.\d+)*', version)[0].split('.')))


def check_versions() -> None:
    """Refuse a stack outside :data:`SUPPORTED`.

    Raises:
        ImportError: naming the package, its version and the range, or the missing package.
    """
    for package, (low, high) in SUPPORTED.items():
        try:
            found = metadata.version(package)
        except metadata.PackageNotFoundError as error:
            raise ImportError(f'ikp_mm needs {package}>={low},<{high}: pip install it') from error
        if not _release(low) <= _release(found) < _release(high):
            raise ImportError(f'ikp_mm needs {package}>={low},<{high} but {found} is installed')


class _AbsentOps(types.ModuleType):
    """Stand-in for ``mmcv._ext`` under mmcv-lite: imports work, calls say what is missing."""

    def __getattr__(self, name: str):
        if name.startswith('__'):
            raise AttributeError(name)

        def absent(*args, **kwargs):
            raise RuntimeError(
                f'mmcv op "{name}" was called, but mmcv-lite has no compiled ops: '
                'install the full mmcv 2.1.0 (README.md, "With detectors").')

        return absent


def provide_mmcv_ext() -> bool:
    """Put a stand-in for ``mmcv._ext`` into ``sys.modules`` when mmcv was built without ops.

    ``mmpose.models`` and ``mmdet.models`` import compiled ops at module level although nothing
    that this project trains calls one.

    Returns:
        bool: whether the stand-in is in place.
    """
    present = sys.modules.get('mmcv._ext')
    if present is not None:
        return isinstance(present, _AbsentOps)
    if importlib.util.find_spec('mmcv') is None:
        raise ImportError('ikp_mm needs mmcv or mmcv-lite: pip install mmcv-lite==2.1.0')
    if importlib.util.find_spec('mmcv._ext') is not None:
        return False
    module = _AbsentOps('mmcv._ext')
    # find_spec() on an entry of sys.modules asks for its __spec__.
    module.__spec__ = importlib.machinery.ModuleSpec('mmcv._ext', loader=None)
    sys.modules['mmcv._ext'] = module
    return True


# The declarations must outlive this function: torch drops a Library's schemas with the object.
_TORCHVISION_SCHEMAS: list[torch.library.Library] = []


def provide_torchvision_schemas() -> bool:
    """Let a CUDA build of torchvision import beside a CPU-only torch.

    Its compiled library cannot load there, and ``import torchvision`` dies because the schemas
    that its Python side registers fake kernels for do not exist. Declaring the schemas is enough
    for its transforms and models; its compiled ops stay unavailable.

    Returns:
        bool: whether the schemas were declared here.
    """
    if _TORCHVISION_SCHEMAS:
        return True
    spec = importlib.util.find_spec('torchvision')
    if spec is None or 'torchvision' in sys.modules or torch.version.cuda is not None:
        return False
    # By path: find_spec('torchvision._C') would import the package itself.
    libraries = sorted(Path(spec.origin).parent.glob('_C*.so'))
    if not libraries:
        return False
    try:
        torch.ops.load_library(str(libraries[0]))
    except OSError:
        schemas = torch.library.Library('torchvision', 'DEF')
        schemas.define('nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor')
        schemas.define('qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor')
        _TORCHVISION_SCHEMAS.append(schemas)
        return True
    return False


def load_weights_only() -> None:
    """Let every ``torch.load`` refuse pickles, which run what a file says.

    MMEngine asks for nothing, which trusts the file where torch is older than 2.6, and torch.hub,
    by which it reads addresses, asks for pickles. A user who sets
    ``TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD`` is obeyed.
    """
    if 'TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD' not in os.environ:
        os.environ.setdefault('TORCH_FORCE_WEIGHTS_ONLY_LOAD', '1')


def prepare_stack() -> None:
    """Check versions and make every bend that the installed stack needs."""
    check_versions()
    load_weights_only()
    provide_torchvision_schemas()
    provide_mmcv_ext()
