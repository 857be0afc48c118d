import argparse

import pytest
import torch

from ikp_mm.command_line import one_line, run_tool, tool_parser


class Faulty(torch.utils.data.Dataset):
    def __len__(self):
        return 1

    def __getitem__(self, index):
        raise KeyError('clip 3 has no frame')


def caught(function):
    with pytest.raises(Exception) as found:
        function()
    return found.value


def test_one_line_of_each_kind():
    def raises(error):
        def function():
            raise error
        return function
    assert one_line(caught(raises(ValueError('one\n  two')))) == 'ValueError: one two'
    assert one_line(caught(raises(KeyError('no "a"')))) == 'KeyError: no "a"'
    assert one_line(caught(raises(FileNotFoundError(2, 'No such file', 'a.txt')))) == (
        "FileNotFoundError: [Errno 2] No such file: 'a.txt'")
    assert one_line(ValueError('never raised')) == 'ValueError: never raised'


def test_an_error_of_other_code_points_to_debug():
    assert one_line(caught(lambda: torch.zeros(2) @ torch.zeros(3))).startswith('RuntimeError: ')
    line = one_line(caught(lambda: torch.nn.Linear(2, 2)(torch.zeros(3))))
    assert line.endswith('(--debug shows where)') and '\n' not in line


def test_an_error_of_a_loader_worker_is_its_message():
    loader = torch.utils.data.DataLoader(Faulty(), num_workers=1)
    line = one_line(caught(lambda: list(loader)))
    assert line == "KeyError: 'clip 3 has no frame' (--debug shows where)"


@pytest.mark.parametrize('error', [
    ValueError('bad'), KeyError('bad'), FileNotFoundError('bad'), ImportError('bad'),
    TypeError('bad'), AssertionError('bad'), RuntimeError('bad')])
def test_a_users_error_ends_the_tool(error):
    def main(args):
        raise error
    parser = tool_parser('A tool.')
    with pytest.raises(SystemExit) as ended:
        run_tool(main, parser.parse_args([]))
    assert ended.value.code == f'{type(error).__name__}: bad'  # on stderr, with exit status 1
    with pytest.raises(type(error)):
        run_tool(main, parser.parse_args(['--debug']))


@pytest.mark.parametrize('error', [AttributeError, ZeroDivisionError, NameError, IndexError,
                                   KeyboardInterrupt])
def test_a_fault_of_the_program_keeps_its_traceback(error):
    def main(args):
        raise error
    with pytest.raises(error):
        run_tool(main, argparse.Namespace(debug=False))
