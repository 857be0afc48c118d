"""ikp_mm: interpretable keypoints without labels, for MMPose.

Importing this package checks the installed versions, bends to the installed stack
(:mod:`ikp_mm.compat`) and registers every part in ``mmpose.registry``. Under ``mmcv-lite``
it must be imported before ``mmpose.models`` or ``mmpose.apis``; tools import it before torch.
"""
import os

# OpenMP reads it when torch loads it. Threads that spin while they wait take the cores of other
# processes: docs/speed.md.
os.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')

from . import compat  # noqa: E402

compat.prepare_stack()

from . import (  # noqa: E402
    clips, datasets, engine, evaluation, models, priors, skeletons, synthetic)
from .version import __version__  # noqa: E402

__all__ = ['__version__', 'clips', 'datasets', 'engine', 'evaluation', 'models', 'priors',
           'skeletons', 'synthetic']
