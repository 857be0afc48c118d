import errno
import fcntl
import os
import time

import pytest

from ikp_mm.io.lock import sole_process


def hold(folder, inside):
    """A forked process that enters the block: 0 if it could."""
    process = os.fork()
    if not process:
        try:
            with sole_process(folder):
                inside()
        except RuntimeError as error:
            os._exit(3 if str(os.getppid()) in str(error) else 4)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def test_a_second_process_is_refused_and_told_of_the_first(tmp_path):
    with sole_process(tmp_path / 'run'):
        assert hold(tmp_path / 'run', lambda: None) == 3
    assert hold(tmp_path / 'run', lambda: None) == 0


def test_a_dead_process_holds_nothing(tmp_path):
    assert hold(tmp_path, lambda: os.kill(os.getpid(), 9)) == -9
    # Nor do its children that live on, as loader workers do for a while.
    def leave_a_child():
        child = os.fork()
        if not child:
            time.sleep(60)
        (tmp_path / 'child').write_text(str(child))
        os.kill(os.getpid(), 9)

    assert hold(tmp_path, leave_a_child) == -9
    child = int((tmp_path / 'child').read_text())
    with sole_process(tmp_path):
        pass
    os.kill(child, 9)
    with pytest.raises(ZeroDivisionError), sole_process(tmp_path):
        1 / 0
    assert hold(tmp_path, lambda: None) == 0


def test_file_systems_without_locks_are_named(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOLCK, 'no locks')

    monkeypatch.setattr(fcntl, 'lockf', refuse)
    said = []
    monkeypatch.setattr('ikp_mm.io.lock.print_log', lambda text, *_, **__: said.append(text))
    with sole_process(tmp_path):
        pass
    assert said == [f'{tmp_path} lies on a file system without locks: see to it that no other run '
                    'writes there']
