"""Clip sources, training pairs, pose priors and the evaluation datasets MMPose lacks."""
from ikp_mm.datasets.background import BackgroundModel
from ikp_mm.datasets.clips import FolderClips, UnreadableFrameError
from ikp_mm.datasets.deeplabcut_frames import DeepLabCutFramesDataset
from ikp_mm.datasets.face_300w import NamedFace300WDataset
from ikp_mm.datasets.frame_pairs import FramePairDataset
from ikp_mm.datasets.h36m import H36MClips, H36MDataset
from ikp_mm.datasets.labelled_frames import (LabelledFramesDataset, SyntheticFacesDataset,
                                             SyntheticPeopleDataset)
from ikp_mm.datasets.packed_clips import PackedClips
from ikp_mm.datasets.penn_action import PennActionClips, PennActionDataset
from ikp_mm.datasets.pose_prior import PosePriorDataset
from ikp_mm.datasets.samplers import GlobalDrawSampler
from ikp_mm.datasets.simplified_h36m import SimplifiedH36MClips, SimplifiedH36MDataset
from ikp_mm.datasets.synthetic import (SyntheticClips, SyntheticFaceClips, generate_face_poses,
                                       generate_poses)
from ikp_mm.datasets.videos import VideoClips
from ikp_mm.datasets.voxceleb2 import VoxCeleb2Clips

__all__ = [
    'BackgroundModel', 'DeepLabCutFramesDataset', 'FolderClips', 'FramePairDataset',
    'GlobalDrawSampler', 'H36MClips', 'H36MDataset', 'LabelledFramesDataset',
    'NamedFace300WDataset', 'PackedClips', 'PennActionClips', 'PennActionDataset', 'PosePriorDataset',
    'SimplifiedH36MClips', 'SimplifiedH36MDataset', 'SyntheticClips', 'SyntheticFaceClips',
    'SyntheticFacesDataset', 'SyntheticPeopleDataset', 'UnreadableFrameError', 'VideoClips',
    'VoxCeleb2Clips', 'generate_face_poses', 'generate_poses',
]
