"""DeepLabCut and lightning-pose as sources of a prior, through PosePriorDataset."""
import numpy as np
import pytest
from tiny_deeplabcut import ANIMALS, OLD, PREDICTED, project

from ikp_mm.priors import PosePriorDataset
from ikp_mm.priors.deeplabcut import deeplabcut_poses, lightning_pose_poses

FISH = dict(name='fish', joints=['tail', 'nose'], edges=[['nose', 'tail']])


def prior(skeleton=FISH, allow_missing=False, **poses):
    return PosePriorDataset(poses, skeleton, allow_missing=allow_missing, seed=0)


def test_a_project_as_a_prior_in_the_skeletons_order(tmp_path):
    project(tmp_path)
    loaded = prior(type='deeplabcut', path=str(tmp_path), subset=(0, 2))
    # img001: nose (0.3, 0.1), tail (0.7, 0.9), see test_table_framing; unit is 2 f - 1. img003:
    # nose (40, 40), tail (20, 60), a box of 20 x 20 about (30, 50) in a frame of 25.
    np.testing.assert_allclose(loaded.poses, [[[0.4, 0.8], [-0.4, -0.8]],
                                              [[-0.8, 0.8], [0.8, -0.8]]], atol=1e-6)


def test_joints_that_nobody_labelled_need_leave(tmp_path):
    file = project(tmp_path)
    with pytest.raises(ValueError, match=r"row 2, joint 'tail' is \[nan, nan\].*allow_missing=Tru"):
        prior(type='deeplabcut', path=str(file), box=(100, 80))
    loaded = prior(allow_missing=True, type='deeplabcut', path=str(file), box=(100, 80))
    assert len(loaded) == 3


def test_csv_without_a_joint_of_the_skeleton(tmp_path):
    file = project(tmp_path)
    three = dict(name='f', joints=['nose', 'fin', 'tail'], edges=[['nose', 'fin']])
    with pytest.raises(ValueError, match=r"lacks the joints \['fin'\].*it has \['nose', 'tail'\].*"
                                         'joint_names=.*allow_missing=True'):
        prior(three, type='deeplabcut', path=str(file), subset=(0, 2))
    mapped = prior(three, type='deeplabcut', path=str(file), subset=(0, 2),
                   joint_names=dict(fin=['nose', 'tail']))
    np.testing.assert_allclose(mapped.poses[0, 1], [0, 0], atol=1e-6)


def test_each_animal_is_a_pose(tmp_path):
    assert deeplabcut_poses(project(tmp_path, ANIMALS)).keypoints.shape == (3, 2, 2)


def test_predictions_need_a_likelihood_and_labels_none(tmp_path):
    (tmp_path / 'p.csv').write_text(PREDICTED)
    with pytest.raises(ValueError, match='p.csv holds predictions.*say min_likelihood='):
        deeplabcut_poses(tmp_path / 'p.csv')
    poses = deeplabcut_poses(tmp_path / 'p.csv', box=(100, 80), min_likelihood=0.5).keypoints
    np.testing.assert_allclose(poses, [[[0.1, 0.3], [0.3, 0.7]], [[0.4, 0.5], [np.nan, np.nan]]])
    with pytest.raises(ValueError, match='labels without likelihood: leave out min_likelihood'):
        deeplabcut_poses(project(tmp_path), min_likelihood=0.5)


def test_lightning_pose(tmp_path):
    # Its labels lie in the project's folder and may have any name.
    (tmp_path / 'mine.csv').write_text(OLD.replace('m1/', ''))
    poses = lightning_pose_poses(tmp_path / 'mine.csv', subset=(0, 1)).keypoints
    np.testing.assert_allclose(poses, [[[0.3, 0.1], [0.7, 0.9]]])
    (tmp_path / 'p.csv').write_text(PREDICTED)
    assert len(lightning_pose_poses(tmp_path / 'p.csv', (100, 80), min_likelihood=0.0)[0]) == 3
