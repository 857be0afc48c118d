"""Procedural people: clips and unpaired poses without any file."""
from .people import SPLITS, SyntheticClips, generate_poses

__all__ = ['SPLITS', 'SyntheticClips', 'generate_poses']
