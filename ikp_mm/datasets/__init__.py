"""The labelled datasets that MMPose lacks, and all else that is registered in ``DATASETS``."""
from ikp_mm.clips import FolderClips, FramePairDataset, PackedClips, VideoClips, VoxCeleb2Clips
from ikp_mm.priors import PosePriorDataset
from ikp_mm.synthetic import SyntheticClips

from .area_topdown_affine import AreaTopdownAffine
from .face_300w import NamedFace300WDataset
from .h36m import H36MClips, H36MDataset
from .labelled_frames import (DeepLabCutFramesDataset, LabelledFramesDataset,
                              SyntheticPeopleDataset)
from .penn_action import PennActionClips, PennActionDataset
from .simplified_h36m import SimplifiedH36MClips, SimplifiedH36MDataset

__all__ = [
    'AreaTopdownAffine', 'DeepLabCutFramesDataset', 'FolderClips', 'FramePairDataset',
    'H36MClips', 'H36MDataset', 'LabelledFramesDataset', 'NamedFace300WDataset', 'PackedClips',
    'PennActionClips', 'PennActionDataset', 'PosePriorDataset', 'SimplifiedH36MClips',
    'SimplifiedH36MDataset', 'SyntheticClips', 'SyntheticPeopleDataset', 'VideoClips',
    'VoxCeleb2Clips',
]
