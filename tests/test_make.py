"""The Makefile's variants, without running them."""
import os
import shutil
import subprocess

import pytest

from tiny_run import ROOT

pytestmark = pytest.mark.skipif(shutil.which('make') is None, reason='no make here')


def make(*arguments: str) -> subprocess.CompletedProcess:
    # Run by make itself (`make test MMCV=full`), this must not take over what that was told.
    env = {key: value for key, value in os.environ.items()
           if key not in ('MAKEFLAGS', 'MFLAGS', 'MAKELEVEL', 'MMCV')}
    return subprocess.run(['make', '-n', *arguments], cwd=ROOT, env=env, text=True,
                          capture_output=True, check=False, timeout=30)


@pytest.mark.parametrize('arguments, venv, mmcv', [
    ((), '.venv', 'lite'), (('MMCV=lite', ), '.venv', 'lite'),
    (('MMCV=full', ), '.venv-full', 'full')])
def test_which_environment(arguments, venv, mmcv):
    set_up, tests = make('test', *arguments).stdout.splitlines()
    assert f'EXTRAS=1 PYTHON=python3 VENV={venv} MMCV={mmcv} bash' in set_up
    assert f' {venv}/bin/python -m pytest' in tests


def test_an_unknown_mmcv_is_refused():
    done = make('test', 'MMCV=compiled')
    assert done.returncode != 0 and 'MMCV is lite (the default) or full' in done.stderr


def test_set_up_alone_takes_no_extras():
    assert 'EXTRAS' not in make('setup').stdout


def test_both_environments_are_ignored():
    for venv in ('.venv', '.venv-full'):
        done = subprocess.run(['git', 'check-ignore', '-q', f'{venv}/bin/python'], cwd=ROOT,
                              check=False, timeout=30)
        assert done.returncode == 0, venv


def test_the_benchmarks_that_make_runs_are_there():
    command = make('bench').stdout.splitlines()[-1]
    assert command.endswith('-m benchmarks')
    assert (ROOT / 'benchmarks/__main__.py').is_file()
