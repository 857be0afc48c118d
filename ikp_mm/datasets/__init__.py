"""The labelled datasets that MMPose lacks, and the clips and poses of those that have them."""
from .area_topdown_affine import AreaTopdownAffine
from .deeplabcut_frames import DeepLabCutFramesDataset
from .face_300w import NamedFace300WDataset
from .h36m import H36MClips, H36MDataset
from .labelled_frames import LabelledFramesDataset, SyntheticFacesDataset, SyntheticPeopleDataset
from .penn_action import PennActionClips, PennActionDataset
from .simplified_h36m import SimplifiedH36MClips, SimplifiedH36MDataset

__all__ = [
    'AreaTopdownAffine', 'DeepLabCutFramesDataset', 'H36MClips', 'H36MDataset',
    'LabelledFramesDataset', 'NamedFace300WDataset', 'PennActionClips', 'PennActionDataset',
    'SimplifiedH36MClips', 'SimplifiedH36MDataset', 'SyntheticFacesDataset',
    'SyntheticPeopleDataset',
]
