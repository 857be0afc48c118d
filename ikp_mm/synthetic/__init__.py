"""Procedural people and faces: clips and unpaired poses without any file."""
from .faces import SyntheticFaceClips, generate_face_poses
from .people import SyntheticClips, generate_poses
from .rendered_clips import SPLITS

__all__ = ['SPLITS', 'SyntheticClips', 'SyntheticFaceClips', 'generate_face_poses',
           'generate_poses']
