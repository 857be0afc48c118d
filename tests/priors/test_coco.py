"""COCO-style json files as a source of a prior."""
import numpy as np
import pytest
from tiny_coco import annotation, write

from ikp_mm.priors import PosePriorDataset
from ikp_mm.priors.coco import coco_poses

NAN = np.nan


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
