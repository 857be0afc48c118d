"""Warnings of other packages that say nothing a user could act on."""
from __future__ import annotations

import logging
import warnings
from contextlib import contextmanager


@contextmanager
def quiet():
    """No log entries below ERROR and no Python warnings: MMEngine warns of each registry of
    MMDeploy that has no scope 'mmpose', torch of its older exporter, ONNX Runtime's quantisation
    of a preparation that changes nothing here."""
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            yield
    finally:
        logging.disable(logging.NOTSET)
