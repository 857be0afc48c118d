"""What lends frames: folders, videos, packed sets; their backgrounds, and frame pairs."""
from .background import BackgroundModel
from .folders import FolderClips
from .frame_pairs import FramePairDataset
from .packed import PackedClips
from .samplers import GlobalDrawSampler
from .videos import VideoClips
from .voxceleb2 import VoxCeleb2Clips

__all__ = [
    'BackgroundModel', 'FolderClips', 'FramePairDataset', 'GlobalDrawSampler', 'PackedClips',
    'VideoClips', 'VoxCeleb2Clips',
]
