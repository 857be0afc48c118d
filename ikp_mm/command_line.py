"""What the command-line tools share: ``--debug``, and a user's error as one line."""
from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

# What bad input raises: our own refusals; files; an option of a configuration that a constructor
# does not know (TypeError); MMEngine's and MMPose's checks of configurations (AssertionError); a
# device or memory that torch has not got, too many unreadable frames, a stale index
# (RuntimeError). Anything else is a fault of the program and keeps its traceback.
USER_ERRORS = (ValueError, KeyError, OSError, ImportError, TypeError, AssertionError, RuntimeError)
# The environment may lie in the checkout, so its root alone would not do.
ROOT = Path(__file__).resolve().parents[1]
OURS = tuple(ROOT / name for name in ('ikp_mm', 'tools', 'projects', 'benchmarks', 'tests'))


def tool_parser(description: str) -> argparse.ArgumentParser:
    """A parser that shows a tool's docstring as it is, and knows ``--debug``."""
    parser = argparse.ArgumentParser(description=description,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--debug', action='store_true',
                        help='show the whole traceback of an error, not its one line')
    return parser


def run_tool(main: Callable[[argparse.Namespace], None], args: argparse.Namespace) -> None:
    """Run a tool; an error of the user ends it with one line on stderr and exit status 1.

    Args:
        main: what to run.
        args: what :func:`tool_parser` parsed; handed to ``main``.
    """
    try:
        main(args)
    except USER_ERRORS as error:
        if args.debug:
            raise
        sys.exit(one_line(error))


def one_line(error: BaseException) -> str:
    """Type and message of an error; where it was not raised here, that ``--debug`` shows where."""
    message = str(error)
    if isinstance(error, KeyError) and len(error.args) == 1:
        message = str(error.args[0])  # str() of a KeyError is the repr of its message
    if 'Original Traceback' in message:  # of a DataLoader's worker: its last line says what
        message = message.strip().splitlines()[-1].partition(': ')[2]
    frames = traceback.extract_tb(error.__traceback__)
    last = Path(frames[-1].filename).resolve() if frames else ROOT
    ours = not frames or any(last.is_relative_to(folder) for folder in OURS)
    return (f"{type(error).__name__}: {' '.join(message.split())}"
            + ('' if ours else ' (--debug shows where)'))
