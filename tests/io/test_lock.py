import os

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
    with sole_process(tmp_path):
        pass
    with pytest.raises(ZeroDivisionError), sole_process(tmp_path):
        1 / 0
    assert hold(tmp_path, lambda: None) == 0
