"""DeepLabCut, lightning-pose, SLEAP, COCO's json and .pts as sources of a prior."""
import numpy as np
import pytest
from tiny_coco import annotation, write
from tiny_deeplabcut import ANIMALS, OLD, PREDICTED, project

from ikp_mm.priors import PosePriorDataset
from ikp_mm.priors.tables import coco_poses, deeplabcut_poses, pts_poses, sleap_poses

NAN = np.nan
FISH = dict(name='fish', joints=['tail', 'nose'], edges=[['nose', 'tail']])


def load(skeleton=FISH, allow_missing=False, **poses):
    return PosePriorDataset(poses, skeleton, allow_missing=allow_missing, seed=0)


def test_a_project_as_a_prior_in_the_skeletons_order(tmp_path):
    project(tmp_path)
    loaded = load(type='deeplabcut', path=str(tmp_path), subset=(0, 2))
    # img001: nose (0.3, 0.1), tail (0.7, 0.9), see test_framing; unit is 2 f - 1. img003:
    # nose (40, 40), tail (20, 60), a box of 20 x 20 about (30, 50) in a frame of 25.
    np.testing.assert_allclose(loaded.poses, [[[0.4, 0.8], [-0.4, -0.8]],
                                              [[-0.8, 0.8], [0.8, -0.8]]], atol=1e-6)


def test_joints_that_nobody_labelled_need_leave(tmp_path):
    file = project(tmp_path)
    with pytest.raises(ValueError, match=r"m1/img010.png, joint 'tail' is \[nan, nan\].*"
                                         'allow_missing=True'):
        load(type='deeplabcut', path=str(file), box=(100, 80))
    loaded = load(allow_missing=True, type='deeplabcut', path=str(file), box=(100, 80))
    assert len(loaded) == 3


def test_csv_without_a_joint_of_the_skeleton(tmp_path):
    file = project(tmp_path)
    three = dict(name='f', joints=['nose', 'fin', 'tail'], edges=[['nose', 'fin']])
    with pytest.raises(ValueError, match=r"lacks the joints \['fin'\].*it has \['nose', 'tail'\].*"
                                         'joint_names=.*allow_missing=True'):
        load(three, type='deeplabcut', path=str(file), subset=(0, 2))
    mapped = load(three, type='deeplabcut', path=str(file), subset=(0, 2),
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
    loaded = load(type='lightning_pose', path=str(tmp_path / 'mine.csv'), subset=(0, 1))
    np.testing.assert_allclose(loaded.poses, [[[0.4, 0.8], [-0.4, -0.8]]], atol=1e-6)


def test_one_labelled_point_does_not_refuse_the_file(tmp_path, warned):
    source = dict(type='deeplabcut', path=str(project(tmp_path)))
    with pytest.raises(ValueError, match=r'm1/img010.png has no joint that can be used .1 of 3 rows.'
                                         '.*min_visible=1'):
        load(allow_missing=True, **source)
    assert any("landmarks without extent, as that of one point (first: joint 'nose' of "
               'labeled-data/m1/img010.png)' in line for line in warned)
    assert len(load(min_visible=2, **source)) == 2


def test_a_pose_in_part_is_not_blown_up(tmp_path):
    # nose, tail and fin of one fish; in the second frame the tail is hidden.
    text = OLD.replace('tail,tail', 'tail,tail,fin,fin').replace('Ann,Ann\n', 'Ann,Ann,Ann,Ann\n')
    lines = text.replace('x,y\n', 'x,y,x,y\n').splitlines()[:3] + [
        'a.png,10,20,30,80,20,40', 'b.png,110,20,,,120,40']
    three = dict(name='f', joints=['nose', 'tail', 'fin'], edges=[['nose', 'fin']])
    loaded = load(three, True, type='deeplabcut', path=str(project(tmp_path, '\n'.join(lines))))
    np.testing.assert_allclose(loaded.poses[1, [0, 2]], loaded.poses[0, [0, 2]], atol=1e-6)
    assert loaded.visible.tolist() == [[True] * 3, [True, False, True]]


def test_points_far_outside_the_picture_are_asked_about(tmp_path, warned):
    rows = ''.join(f'labeled-data/m1/img1{i:02d}.png,50,20,40,60\n' for i in range(9))
    source = dict(type='deeplabcut', box=(100, 80), path=str(project(
        tmp_path, OLD.splitlines(True)[0] + ''.join(OLD.splitlines(True)[1:3])
        + 'labeled-data/m1/img001.png,10,20,30,1000\n' + rows)))
    with pytest.raises(ValueError, match=r"m1/img001.png, joint 'tail' is \[nan, nan\] .1 of 10"):
        load(**source)
    assert 'lie far outside their box (100, 80)' in warned[0]
    assert len(load(min_visible=2, **source)) == 9
    # Labels of pictures of another size.
    with pytest.raises(ValueError, match=r'10 of 10 poses have points far outside .*not their box'):
        load(**{**source, 'box': (10, 8)})


# Two instances in frame 0; that of frame 5 was set by hand, its tail is missing.
CSV = '''track,frame_idx,instance.score,nose.x,nose.y,nose.score,tail.x,tail.y,tail.score
one,0,0.95,10,20,0.9,30,60,0.8
two,0,0.5,40,40,0.7,20,60,0.1
,5,nan,12,14,,,,
'''


@pytest.fixture
def analysis(tmp_path):
    (tmp_path / 'a.analysis.csv').write_text(CSV)
    return tmp_path / 'a.analysis.csv'


def test_unsure_points_go_and_those_set_by_hand_stay(analysis):
    poses = sleap_poses(analysis, box=(100, 80), min_score=0.5)
    np.testing.assert_allclose(poses.keypoints, [
        [[0.1, 0.3], [0.3, 0.7]], [[0.4, 0.5], [np.nan, np.nan]],
        [[0.12, 0.24], [np.nan, np.nan]]])
    assert poses.rows == ('frame 0 (one)', 'frame 0 (two)', 'frame 5')
    assert len(sleap_poses(analysis, (100, 80), subset=(0, 1)).keypoints) == 2


def test_min_score_needs_scores(analysis):
    lines = CSV.replace(',nose.score', '').replace(',tail.score', '').splitlines()
    analysis.write_text('\n'.join([lines[0], ',0,1,10,20,30,60']))
    assert len(sleap_poses(analysis).keypoints) == 1
    with pytest.raises(ValueError, match='a.analysis.csv has no scores: leave out min_score'):
        sleap_poses(analysis, min_score=0.5)


def test_one_point_of_an_instance_does_not_refuse_the_file(analysis, warned):
    fish = dict(name='fish', joints=['nose', 'tail'], edges=[['nose', 'tail']])
    source = dict(type='sleap', path=str(analysis))
    with pytest.raises(ValueError, match=r'frame 5 has no joint that can be used \(1 of 3 rows\)'):
        PosePriorDataset(source, fish, seed=0, allow_missing=True)
    assert len(PosePriorDataset(dict(source, min_visible=2), fish, seed=0)) == 2
    assert any('left out 1 of 3 poses with fewer than min_visible=2' in line for line in warned)


@pytest.mark.parametrize('box, expected', [
    # bbox: centre (70, 40), side 40 * 1.25 = 50, so the frame begins at (45, 15).
    ('bbox', [[0.3, 0.5], [0.7, 0.7]]),
    # centre (70, 45), side 0.2 * 200 * 1.25 = 50, beginning at (45, 20).
    ('center_scale', [[0.3, 0.4], [0.7, 0.6]]),
    # The labelled points' box is 20 x 10 about (70, 45); side 25, beginning at (57.5, 32.5).
    ('landmarks', [[0.1, 0.3], [0.9, 0.7]]),
    # The image's square is 200 about (100, 50); side 250, beginning at (-25, -75).
    ('image', [[0.34, 0.46], [0.42, 0.5]]),
])
def test_frames(tmp_path, box, expected):
    path = write(tmp_path, [annotation(center=[70.0, 45.0], scale=0.2)])
    poses = coco_poses(path, box=box)
    assert poses.joints == ('nose', 'left_ear', 'right_ear')
    # The third joint has v = 0: not labelled, wherever it is said to lie.
    np.testing.assert_allclose(poses.keypoints, [[*expected, [NAN, NAN]]])


def test_a_box_the_annotations_lack(tmp_path):
    path = write(tmp_path, [annotation()])
    with pytest.raises(ValueError, match=r"center_scale has no box for any of 1 poses; "
                                         r"box=\['bbox', 'image', 'landmarks'\] would do"):
        coco_poses(path, box='center_scale')
    with pytest.raises(ValueError, match="box must be one of .*'face'"):
        coco_poses(path, box='face')


def test_annotations_with_few_joints_are_left_out(tmp_path, warned):
    skeleton = dict(name='s', joints=['nose', 'left_ear', 'right_ear'], edges=[])
    path = write(tmp_path, [annotation(), annotation(keypoints=[0] * 9),
                            annotation(keypoints=(60, 40, 2) * 3)])
    source = dict(type='coco', ann_file=str(path))
    with pytest.raises(ValueError, match=r"a.jpg \(annotation 1\), joint 'right_ear' is \[nan"):
        PosePriorDataset(source, skeleton, seed=0)
    assert 'left out 1 of 3 rows without any point' in warned.pop()
    assert len(PosePriorDataset(dict(source, min_visible=3), skeleton, seed=0)) == 1
    assert 'left out 1 of 2 poses with fewer than min_visible=3 joints' in warned[1]
    with pytest.raises(ValueError, match='none of 2 poses has min_visible=4'):
        PosePriorDataset(dict(source, min_visible=4), skeleton, seed=0)


def write_pts(path, points):
    path.write_text(f'version: 1\nn_points: {len(points)}\n{{\n'
                    + ''.join(f'{x} {y}\n' for x, y in points) + '}\n')


def test_framed_by_the_landmarks(tmp_path):
    # The box of the points is 40 x 80 about (120, 240): the frame is 100 wide from (70, 190).
    write_pts(tmp_path / 'a.pts', [(100, 200), (140, 280), (120, 240)])
    poses = pts_poses(tmp_path)
    np.testing.assert_allclose(poses.keypoints, [[[0.3, 0.1], [0.7, 0.9], [0.5, 0.5]]])
    assert poses.joints is None


def test_a_marked_point_asks_and_does_not_shrink_the_face(tmp_path):
    write_pts(tmp_path / 'a.pts', [(100, 200), (140, 280), (120, 240)])
    write_pts(tmp_path / 'b.PTS', [(1100, 200), (1140, 280), (-1, -1)])
    three = dict(name='t', joints=['a', 'b', 'c'], edges=[['a', 'b']])
    source = dict(type='pts', root=str(tmp_path))
    with pytest.raises(ValueError, match=r"b.PTS, joint 'c' is \[nan, nan\].*min_visible=3"):
        PosePriorDataset(source, three, seed=0)
    prior = PosePriorDataset(source, three, seed=0, allow_missing=True)
    np.testing.assert_allclose(prior.poses[1, :2], prior.poses[0, :2])
    assert len(PosePriorDataset(dict(source, min_visible=3), three, seed=0)) == 1
