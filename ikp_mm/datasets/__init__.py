"""Clip sources, training pairs, pose priors and the evaluation datasets MMPose lacks."""
from ikp_mm.datasets.background import BackgroundModel
from ikp_mm.datasets.clips import FolderClips, UnreadableFrameError
from ikp_mm.datasets.frame_pairs import FramePairDataset
from ikp_mm.datasets.h36m import H36MClips, H36MDataset
from ikp_mm.datasets.labelled_frames import LabelledFramesDataset, SyntheticPeopleDataset
from ikp_mm.datasets.pose_prior import PosePriorDataset
from ikp_mm.datasets.samplers import GlobalDrawSampler
from ikp_mm.datasets.synthetic import SyntheticClips, generate_poses

__all__ = [
    'BackgroundModel', 'FolderClips', 'FramePairDataset', 'GlobalDrawSampler', 'H36MClips',
    'H36MDataset', 'LabelledFramesDataset', 'PosePriorDataset', 'SyntheticClips',
    'SyntheticPeopleDataset', 'UnreadableFrameError', 'generate_poses',
]
