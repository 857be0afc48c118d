"""300-W through MMPose's ``Face300WDataset``, with named landmarks, subsets and checked files.

    <data_root>/annotations/face_landmarks_300w_valid.json
    <data_root>/images/{helen,lfpw}/testset/*, images/ibug/*        (common, challenge)

``center`` and ``scale`` of the annotations are the tight square around the 68 landmarks (side /
200, rounded), so ``GetBBoxCenterScale(padding=p)`` frames a face as ``padding=p`` frames a pose of
a landmark prior (``ikp_mm.priors``).
"""
from __future__ import annotations

from pathlib import Path, PurePosixPath

from mmpose.datasets.datasets import Face300WDataset
from mmpose.registry import DATASETS

from ikp_mm.datasets.cropped_clips import require_files
from ikp_mm.io.formats.pose_tables import MARKED, is_mark
from ikp_mm.skeletons import FACE68

HOW_TO_GET = ('300-W is had from https://ibug.doc.ic.ac.uk/resources/300-W, its jsons from MMPose '
              '("tar -xf 300w_annotations.tar -C data/300w"); the folder tree is in '
              'docs/datasets.md')
_SUBSETS = {'helen/testset': 'common', 'lfpw/testset': 'common', 'ibug': 'challenge'}


@DATASETS.register_module()
class NamedFace300WDataset(Face300WDataset):
    """MMPose's dataset and arguments; it adds

    - the names and lines of ``face68`` (its order and mirror pairs are MMPose's);
    - ``group`` of each image, for ``KeypointDistanceMetric(group_key='group')`` (let
      ``PackPoseInputs`` keep it among its ``meta_keys``): 'common' for the test images of Helen
      and LFPW, 'challenge' for IBUG, else the image's folder;
    - errors that say what is missing, before anything runs.

    Raises:
        FileNotFoundError: the json, or an image it names, is missing; says what to get.
        ValueError: an annotation without 68 landmarks, or with visible ones at (0, 0) or (-1, -1).
    """

    METAINFO: dict = FACE68.to_metainfo()

    def load_data_list(self) -> list[dict]:
        """All faces; see the class for errors."""
        if not Path(self.ann_file).is_file():
            raise FileNotFoundError(f'{self.ann_file} does not exist. {HOW_TO_GET}')
        data_list = super().load_data_list()
        require_files(Path(), [info['img_path'] for info in data_list], HOW_TO_GET)
        return data_list

    def parse_data_info(self, raw_data_info: dict) -> dict:
        """MMPose's data info with ``group``."""
        info = super().parse_data_info(raw_data_info)
        file_name = raw_data_info['raw_img_info']['file_name']
        if info['keypoints'].shape != (1, FACE68.num_joints, 2):
            raise ValueError(f"{self.ann_file}: the annotation {info['id']} of {file_name} has "
                             f"{info['keypoints'].shape[1]} landmarks, not {FACE68.num_joints}")
        marks = is_mark(info['keypoints'][0]) & (info['keypoints_visible'][0] > 0)
        if marks.any():
            raise ValueError(f"{self.ann_file}: {int(marks.sum())} landmarks of the annotation "
                             f"{info['id']} of {file_name} are marked visible and {MARKED}: give "
                             'them v = 0')
        folder = PurePosixPath(file_name).parent.as_posix()
        info['group'] = _SUBSETS.get(folder, folder)
        return info
