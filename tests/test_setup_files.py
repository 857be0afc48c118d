"""Packaging says the same thing everywhere."""
import re
from pathlib import Path

import pytest

import ikp_mm
from ikp_mm import compat

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def setup_arguments(monkeypatch):
    """What setup.py hands to setuptools, run from another directory."""
    import setuptools
    given = {}
    monkeypatch.setattr(setuptools, 'setup', given.update)
    monkeypatch.chdir(ROOT)
    code = compile((ROOT / 'setup.py').read_text(encoding='utf-8'), str(ROOT / 'setup.py'), 'exec')
    exec(code, {'__name__': '__main__', '__file__': str(ROOT / 'setup.py')})
    return given


def pinned() -> dict[str, str]:
    lines = [line for name in ('pinned.txt', 'pinned_no_deps.txt')
             for line in (ROOT / 'requirements' / name).read_text().splitlines()]
    return dict(line.split('==') for line in lines if '==' in line and not line.startswith('#'))


def test_version_is_the_packages(setup_arguments):
    assert setup_arguments['version'] == ikp_mm.__version__


def test_version_ranges_are_those_that_compat_checks(setup_arguments):
    ranges = {}
    for requirement in setup_arguments['install_requires']:
        match = re.fullmatch(r'([a-z]+)>=([\d.]+),<([\d.]+)', requirement)
        if match:
            ranges[match[1]] = match[2], match[3]
    assert ranges == compat.SUPPORTED


def test_every_package_is_shipped(setup_arguments):
    expected = {'.'.join(path.parent.relative_to(ROOT).parts)
                for path in (ROOT / 'ikp_mm').rglob('*.py')}
    assert set(setup_arguments['packages']) == expected


def test_the_pinned_set_up_lies_in_the_ranges():
    versions = pinned()
    for package, (low, high) in compat.SUPPORTED.items():
        assert compat._release(low) <= compat._release(versions[package]) < compat._release(high)


def test_mmpose_and_torchvision_are_installed_without_their_dependencies():
    no_deps = (ROOT / 'requirements/pinned_no_deps.txt').read_text()
    assert 'mmpose==' in no_deps and 'torchvision==' in no_deps
    assert 'mmpose==' not in (ROOT / 'requirements/pinned.txt').read_text()


def test_extras_leave_the_pinned_set_up_alone():
    """Whoever adds them keeps torch, numpy and setuptools (make extras)."""
    named = set()
    for name in ('extras.txt', 'extras_no_deps.txt'):
        lines = (ROOT / 'requirements' / name).read_text().splitlines()
        named |= {re.split('[=;<> ]', line)[0] for line in lines if line and line[0] != '#'}
    base = (ROOT / 'requirements/pinned.txt').read_text().splitlines()
    assert {'mmdeploy', 'openmim', 'onnx'} <= named
    assert not named & {re.split('[=<>]', line)[0] for line in base}
    # openmim asks for opendatalab, and that for setuptools 60.
    without_needs = (ROOT / 'requirements/extras_no_deps.txt').read_text()
    assert 'openmim==' in without_needs and 'mmdeploy==' in without_needs
