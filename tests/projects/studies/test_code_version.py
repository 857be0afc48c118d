"""Which code made a number."""
import subprocess

import pytest

from projects.studies import code_version as module
from projects.studies.code_version import code_version, machine

PATHS = ('package', 'tools/train.py')


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A git checkout of one commit; ``git(...)`` runs in it."""
    def git(*arguments):
        return subprocess.run(
            ['git', '-C', str(tmp_path), '-c', 'user.name=a', '-c', 'user.email=a@b',
             '-c', 'commit.gpgsign=false', *arguments], capture_output=True, text=True,
            check=True).stdout.strip()

    monkeypatch.setattr(module, 'DRAWS_ONLY', 'package/sheets')
    for name in ('package/model.py', 'package/sheets/one.py', 'tools/train.py', 'README.md'):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text('1\n')
    (tmp_path / '.gitignore').write_text('*.pyc\n')
    git('init', '-q')
    git('add', '.')
    git('commit', '-qm', 'first')
    return tmp_path, git


def test_the_commit_is_the_last_that_touched_the_code(checkout):
    root, git = checkout
    first = code_version(root, PATHS)
    assert first.commit == git('rev-parse', 'HEAD') and not first.dirty
    for name in ('README.md', 'package/sheets/one.py'):
        (root / name).write_text('2\n')
    assert code_version(root, PATHS) == first
    git('commit', '-qam', 'nothing that counts')
    assert code_version(root, PATHS) == first
    (root / 'tools/train.py').write_text('2\n')
    git('commit', '-qam', 'code')
    last = code_version(root, PATHS)
    assert last.commit == git('rev-parse', 'HEAD') and not last.dirty
    assert last.digest != first.digest


def test_uncommitted_code_is_dirty_each_state_in_its_own_way(checkout):
    root, git = checkout
    seen = [code_version(root, PATHS)]
    (root / 'package/model.py').write_text('2\n')
    seen.append(code_version(root, PATHS))
    git('add', 'package/model.py')
    assert code_version(root, PATHS) == seen[-1]  # staged or not is the same code
    (root / 'package/new.py').write_text('1\n')
    seen.append(code_version(root, PATHS))
    (root / 'package/new.py').write_text('2\n')
    seen.append(code_version(root, PATHS))
    (root / 'package/cache.pyc').write_text('ignored')
    assert code_version(root, PATHS) == seen[-1]
    assert [one.dirty for one in seen] == [False, True, True, True]
    assert len({one.digest for one in seen}) == 4 and len({one.commit for one in seen}) == 1
    (root / 'package/new.py').unlink()
    (root / 'package/model.py').write_text('1\n')
    git('add', '.')
    assert code_version(root, PATHS) == seen[0]


def test_outside_a_checkout_it_says_so(tmp_path):
    with pytest.raises(RuntimeError, match='a study needs a git checkout'):
        code_version(tmp_path, ())


def test_machine_is_plain_and_says_what_minutes_depend_on():
    host = machine()
    assert host['usable_cpus'] <= host['cpus'] and host['threads'] == 1
    assert all(value is None or isinstance(value, (int, str)) for value in host.values())
