"""BVH files through random cameras."""
import numpy as np
import pytest

from ikp_mm.priors import PosePriorDataset
from ikp_mm.priors.bvh import bvh_poses

# Feet 1 below the hips, head 3 above, a hand 2 to the figure's left (+x); it faces +z.
TEXT = '''HIERARCHY
ROOT hips
{{
OFFSET 0 0 0
CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
JOINT foot
{{
OFFSET 0 -1 0
CHANNELS 3 Zrotation Xrotation Yrotation
}}
JOINT {head}
{{
OFFSET 0 3 0
CHANNELS 3 Zrotation Xrotation Yrotation
}}
End Site
{{
OFFSET 2 0 0
}}
}}
MOTION
Frames: 2
Frame Time: 0.04
0 0 0 0 0 0 0 0 0 0 0 0
5 5 5 0 0 180 0 0 0 0 0 0
'''


def write(folder, name='a.bvh', head='head'):
    (folder / name).write_text(TEXT.format(head=head))
    return folder / name


def test_seen_from_the_front(tmp_path):
    # 4 high and 2 wide in a frame of 8: from 0.25 to 0.75 down, hips at 1 / 8 above the feet. The
    # box is centred, so the hips are 1 / 8 left of the middle and the hand 1 / 8 right of it; in
    # the second frame the figure has turned its back.
    poses = bvh_poses(write(tmp_path), azimuth_deg=(0, 0), fill=(0.5, 0.5))
    assert poses.joints == ('hips', 'foot', 'head', 'hips_end')
    np.testing.assert_allclose(poses.keypoints, [
        [[0.375, 0.625], [0.375, 0.75], [0.375, 0.25], [0.625, 0.625]],
        [[0.625, 0.625], [0.625, 0.75], [0.625, 0.25], [0.375, 0.625]]], atol=1e-12)


def test_joints_that_do_not_count_do_not_stretch_the_box(tmp_path):
    poses = bvh_poses(write(tmp_path), keep=['head', 'foot'], skip_frames=1, azimuth_deg=(0, 0),
                      fill=(0.5, 0.5))
    assert poses.joints == ('foot', 'head')
    np.testing.assert_allclose(poses.keypoints, [[[0.5, 0.75], [0.5, 0.25]]], atol=1e-12)


def test_a_folder_as_a_prior(tmp_path):
    (tmp_path / 'sub').mkdir()
    write(tmp_path)
    write(tmp_path / 'sub', 'B.BVH')
    stick = dict(name='stick', joints=['top', 'foot'], edges=[['top', 'foot']])
    prior = PosePriorDataset(dict(type='bvh', path=str(tmp_path), joint_names=dict(top='head')),
                             stick, seed=0)
    assert len(prior) == 4


def test_what_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'no file \*\*/\*.bvh below'):
        bvh_poses(tmp_path)
    write(tmp_path)
    with pytest.raises(ValueError, match=r"no joint \['tail'\]; it has \['hips', 'foot'"):
        bvh_poses(tmp_path, keep=['tail'])
    with pytest.raises(ValueError, match='has 2 frames, skip_frames=2 leaves none'):
        bvh_poses(tmp_path, skip_frames=2)
    write(tmp_path, 'b.bvh', head='skull')
    with pytest.raises(ValueError, match='b.bvh has other joints than'):
        bvh_poses(tmp_path)
