"""Bends to the installed stack. Import orders need fresh interpreters."""
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import mmengine
import pytest
import torch

from ikp_mm import compat

ROOT = Path(__file__).resolve().parents[1]
WITHOUT_OPS = isinstance(sys.modules.get('mmcv._ext'), compat._AbsentOps)
needs_mmcv_lite = pytest.mark.skipif(not WITHOUT_OPS, reason='mmcv has its compiled ops here')


def run(code: str) -> subprocess.CompletedProcess:
    environment = dict(os.environ, PYTHONPATH=str(ROOT), PYTHONDONTWRITEBYTECODE='1',
                       OMP_NUM_THREADS='1')
    return subprocess.run([sys.executable, '-W', 'ignore', '-c', code], env=environment,
                          capture_output=True, text=True, timeout=300)


def installed_files() -> dict[str, tuple[int, int]]:
    """Size and time of every file of the packages that the bends concern."""
    found = {}
    site_packages = Path(mmengine.__file__).parents[1]
    for package in ('mmcv', 'mmpose', 'mmdet', 'torchvision', 'mmengine'):
        for path in (site_packages / package).rglob('*'):
            if path.is_file() and '__pycache__' not in path.parts:
                found[str(path)] = (path.stat().st_size, path.stat().st_mtime_ns)
    return found


# One interpreter, each order in a fork of it. What is imported beforehand only saves time: none of
# it touches mmcv, mmpose, mmdet or torchvision.
ORDERS = '''
import os, sys, traceback
import cv2, matplotlib.figure, mmengine.runner, scipy.stats, torch._dynamo
ORDERS = {
    'apis': ['ikp_mm', 'mmpose.apis', 'mmpose.models', 'mmdet.models'],
    'mmdet': ['ikp_mm', 'mmdet.models', 'mmpose.models'],
    'registry': ['mmpose.registry', 'ikp_mm', 'mmpose.apis'],
    'without': ['mmpose.models'],
}
assert not {'mmcv', 'mmpose', 'mmdet', 'torchvision'} & set(sys.modules)
for name, modules in ORDERS.items():
    child = os.fork()
    if child == 0:
        try:
            for module in modules:
                __import__(module)
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    print(name, os.waitstatus_to_exitcode(status), flush=True)
'''


@needs_mmcv_lite
def test_import_orders_under_mmcv_lite():
    before = installed_files()
    assert before
    result = run(ORDERS)
    # Without ikp_mm first mmpose.models does not import: the bends are needed.
    assert result.stdout.split() == ['apis', '0', 'mmdet', '0', 'registry', '0', 'without',
                                     '1'], result.stderr
    assert 'mmcv._ext' in result.stderr or 'torchvision::nms' in result.stderr
    assert installed_files() == before  # nothing is written into site-packages


@needs_mmcv_lite
def test_calling_an_absent_op_names_it_and_the_cure():
    from mmcv.ops import nms
    with pytest.raises(RuntimeError, match='op "nms" was called.*full mmcv'):
        nms(torch.zeros(1, 4), torch.zeros(1), 0.5)


@needs_mmcv_lite
def test_stand_in_is_made_once_and_answers_only_for_ops():
    stand_in = sys.modules['mmcv._ext']
    assert compat.provide_mmcv_ext() is True
    assert sys.modules['mmcv._ext'] is stand_in
    assert callable(stand_in.some_op)
    with pytest.raises(AttributeError, match='__path__'):
        stand_in.__path__


def test_a_real_mmcv_ext_is_left_alone(monkeypatch):
    real = type(sys)('mmcv._ext')
    monkeypatch.setitem(sys.modules, 'mmcv._ext', real)
    assert compat.provide_mmcv_ext() is False
    assert sys.modules['mmcv._ext'] is real


def test_torchvision_imports_and_is_bent_once():
    import torchvision
    assert torchvision.models is not None
    assert compat.provide_torchvision_schemas() is bool(compat._TORCHVISION_SCHEMAS)


def test_an_imported_torchvision_is_left_alone(monkeypatch):
    import torchvision  # noqa: F401
    monkeypatch.setattr(compat, '_TORCHVISION_SCHEMAS', [])
    assert compat.provide_torchvision_schemas() is False


# ------------------------------------------------------------------ versions

@pytest.mark.parametrize('version, release', [
    ('2.13.0+cpu', (2, 13, 0)), ('0.10.7', (0, 10, 7)), ('2.14.0a0+git1', (2, 14, 0)),
    ('1.3.2rc10', (1, 3, 2)), ('2.11.0.dev20250101', (2, 11, 0)), ('2.1', (2, 1))])
def test_release(version, release):
    assert compat._release(version) == release


@pytest.fixture
def installed(monkeypatch):
    versions = {'torch': '2.13.0+cpu', 'mmengine': '0.10.7', 'mmpose': '1.3.2'}

    def version(package):
        if package not in versions:
            raise metadata.PackageNotFoundError(package)
        return versions[package]

    monkeypatch.setattr(metadata, 'version', version)
    return versions


@pytest.mark.parametrize('package, version', [
    ('torch', '2.4.0'), ('torch', '2.4.1+cu121'), ('torch', '2.13.0+cpu'), ('mmengine', '0.10.3'),
    ('mmpose', '1.3.0')])
def test_versions_inside_the_ranges(installed, package, version):
    installed[package] = version
    compat.check_versions()


@pytest.mark.parametrize('package, version, message', [
    ('torch', '2.3.1', 'torch>=2.4,<2.14 but 2.3.1 is installed'),
    ('torch', '2.14.0', 'torch>=2.4,<2.14 but 2.14.0'),
    ('mmengine', '0.10.2', 'mmengine>=0.10.3,<0.11 but 0.10.2'),
    ('mmpose', '0.29.0', 'mmpose>=1.3,<1.4 but 0.29.0'),
])
def test_versions_outside_the_ranges(installed, package, version, message):
    installed[package] = version
    with pytest.raises(ImportError, match=message):
        compat.check_versions()


def test_a_missing_package_is_named(installed):
    del installed['mmpose']
    with pytest.raises(ImportError, match='mmpose>=1.3,<1.4: pip install it'):
        compat.check_versions()
