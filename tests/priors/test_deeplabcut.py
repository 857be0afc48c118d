"""DeepLabCut and lightning-pose as sources of a prior, through PosePriorDataset."""
import numpy as np
import pytest
from tiny_deeplabcut import ANIMALS, OLD, PREDICTED, project

from ikp_mm.priors import PosePriorDataset
from ikp_mm.priors.deeplabcut import deeplabcut_poses

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
    with pytest.raises(ValueError, match=r"m1/img010.png, joint 'tail' is \[nan, nan\].*"
                                         'allow_missing=True'):
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
    loaded = prior(type='lightning_pose', path=str(tmp_path / 'mine.csv'), subset=(0, 1))
    np.testing.assert_allclose(loaded.poses, [[[0.4, 0.8], [-0.4, -0.8]]], atol=1e-6)


def test_one_point_does_not_refuse_the_file(tmp_path, warned):
    source = dict(type='deeplabcut', path=str(project(tmp_path)))
    with pytest.raises(ValueError, match=r'm1/img010.png has no joint that can be used .1 of 3 rows.'
                                         '.*min_visible=1'):
        prior(allow_missing=True, **source)
    assert any("landmarks without extent, as that of one point (first: joint 'nose' of "
               'labeled-data/m1/img010.png)' in line for line in warned)
    assert len(prior(min_visible=2, **source)) == 2


def test_a_pose_in_part_is_not_blown_up(tmp_path):
    # nose, tail and fin of one fish; in the second frame the tail is hidden.
    text = OLD.replace('tail,tail', 'tail,tail,fin,fin').replace('Ann,Ann\n', 'Ann,Ann,Ann,Ann\n')
    lines = text.replace('x,y\n', 'x,y,x,y\n').splitlines()[:3] + [
        'a.png,10,20,30,80,20,40', 'b.png,110,20,,,120,40']
    three = dict(name='f', joints=['nose', 'tail', 'fin'], edges=[['nose', 'fin']])
    loaded = prior(three, True, type='deeplabcut', path=str(project(tmp_path, '\n'.join(lines))))
    np.testing.assert_allclose(loaded.poses[1, [0, 2]], loaded.poses[0, [0, 2]], atol=1e-6)
    assert loaded.visible.tolist() == [[True] * 3, [True, False, True]]


def test_points_far_outside_the_picture_are_asked_about(tmp_path, warned):
    rows = ''.join(f'labeled-data/m1/img1{i:02d}.png,50,20,40,60\n' for i in range(9))
    source = dict(type='deeplabcut', box=(100, 80), path=str(project(
        tmp_path, OLD.splitlines(True)[0] + ''.join(OLD.splitlines(True)[1:3])
        + 'labeled-data/m1/img001.png,10,20,30,1000\n' + rows)))
    with pytest.raises(ValueError, match=r"m1/img001.png, joint 'tail' is \[nan, nan\] .1 of 10"):
        prior(**source)
    assert 'lie far outside their box (100, 80)' in warned[0]
    assert len(prior(min_visible=2, **source)) == 9
    # Labels of pictures of another size.
    with pytest.raises(ValueError, match=r'10 of 10 poses have points far outside .*not their box'):
        prior(**{**source, 'box': (10, 8)})
