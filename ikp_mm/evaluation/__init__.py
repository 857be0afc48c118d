"""Scoring: ``functional`` turns arrays into numbers, ``metrics`` accumulate over a data set."""
from . import functional, metrics

__all__ = ['functional', 'metrics']
