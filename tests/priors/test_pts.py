"""Trees of .pts files as a prior."""
import numpy as np
import pytest

from ikp_mm.priors import PosePriorDataset
from ikp_mm.priors.pts import pts_poses


def write(path, points):
    path.write_text(f'version: 1\nn_points: {len(points)}\n{{\n'
                    + ''.join(f'{x} {y}\n' for x, y in points) + '}\n')


def test_framed_by_the_landmarks(tmp_path):
    # The box of the points is 40 x 80 about (120, 240): the frame is 100 wide from (70, 190).
    write(tmp_path / 'a.pts', [(100, 200), (140, 280), (120, 240)])
    poses = pts_poses(tmp_path)
    np.testing.assert_allclose(poses.keypoints, [[[0.3, 0.1], [0.7, 0.9], [0.5, 0.5]]])
    assert poses.joints is None


def test_a_marked_point_asks_and_does_not_shrink_the_face(tmp_path):
    write(tmp_path / 'a.pts', [(100, 200), (140, 280), (120, 240)])
    write(tmp_path / 'b.PTS', [(1100, 200), (1140, 280), (-1, -1)])
    three = dict(name='t', joints=['a', 'b', 'c'], edges=[['a', 'b']])
    source = dict(type='pts', root=str(tmp_path))
    with pytest.raises(ValueError, match=r"b.PTS, joint 'c' is \[nan, nan\].*min_visible=3"):
        PosePriorDataset(source, three, seed=0)
    prior = PosePriorDataset(source, three, seed=0, allow_missing=True)
    np.testing.assert_allclose(prior.poses[1, :2], prior.poses[0, :2])
    assert len(PosePriorDataset(dict(source, min_visible=3), three, seed=0)) == 1
