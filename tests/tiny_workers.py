"""Work for ``in_workers``, in a module that spawned processes can import."""
import functools
import os
import signal
import time

from ikp_mm.io.workers import COUNT_AT_A_TIME, count_done


def power(exponent):
    """Of a number, and the process that worked it out."""
    return functools.partial(_power, exponent)


def _power(exponent, number):
    count_done(number)
    return number ** exponent, os.getpid()


def slow():
    return _slow


def _slow(number):
    for _ in range(5):
        count_done(COUNT_AT_A_TIME)
        time.sleep(0.05)
    return number


def endless():
    """Of 0 at once, of anything else never."""
    return _endless


def _endless(number):
    while number:
        count_done(COUNT_AT_A_TIME)
        time.sleep(0.01)
    return 'first'


def die():
    return _die


def _die(number):
    os.kill(os.getpid(), signal.SIGKILL)
