"""Our Human3.6M topology is MMPose's."""
from pathlib import Path

import mmpose
import numpy as np
from mmpose.datasets.datasets.utils import parse_pose_metainfo

from ikp_mm.skeletons import H36M17, get_skeleton

META = Path(mmpose.__file__).parent / '.mim/configs/_base_/datasets/h36m.py'


def test_agrees_with_mmposes_meta_file():
    theirs = parse_pose_metainfo(dict(from_file=str(META)))
    ours = parse_pose_metainfo(H36M17.to_metainfo())
    for key in ('keypoint_id2name', 'flip_indices', 'skeleton_links'):
        assert ours[key] == theirs[key], key
    for key in ('keypoint_colors', 'skeleton_link_colors', 'dataset_keypoint_weights'):
        np.testing.assert_array_equal(ours[key], theirs[key], err_msg=key)


def test_the_meta_file_reads_as_the_same_joints_and_edges():
    read = get_skeleton(str(META))
    assert (read.joints, read.edges, read.swap_indices) == (
        H36M17.joints, H36M17.edges, H36M17.swap_indices)
    assert read.name == 'h36m'


def test_every_joint_is_drawn_and_the_edges_are_a_tree():
    assert H36M17.joints_without_edge == ()
    assert len(H36M17.edges) == H36M17.num_joints - 1
