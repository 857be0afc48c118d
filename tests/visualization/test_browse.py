"""Cells of the browsing sheet, and the joints by number."""
import numpy as np
import pytest

from ikp_mm.skeletons import FACE68, Skeleton
from ikp_mm.visualization.browse import (BROWSE_COLUMNS, CELL, FIGURE_COLOR, PRIOR_COLOR,
                                         browse_row, draw_boxes, draw_named_joints)

SKELETON = Skeleton('v', ['root', 'left_hand', 'right_hand'],
                    [('root', 'left_hand'), ('root', 'right_hand')])
POSE = np.array([[0.5, 0.9], [0.2, 0.1], [0.8, 0.1]])
SEEN = np.ones(3, bool)


def row(figure_box=np.array([0.5, 0.5, 0.5, 0.5]), with_weight=True):
    images = {key: np.full((16, 16, 3), value, np.uint8)
              for key, value in (('image', 10), ('target', 20), ('appearance', 30))}
    if with_weight:
        images['weight'] = np.repeat([[0.5], [0.0]], 8, axis=0) * np.ones((1, 16))
    return browse_row(images, POSE, SEEN, np.full((8, 8), -1.0), SKELETON,
                      figure_box, np.array([0.5, 0.5, 0.25, 0.75]))


def test_cells():
    cells = row()
    assert tuple(cells) == BROWSE_COLUMNS
    assert set(np.unique(cells['weight'])) == {0, 128}
    assert cells['prior rendered'].max() == 0
    # A quarter and three quarters of the cell, the figure's; the prior's at 3/8.
    assert tuple(cells['boxes'][80, CELL // 4]) == FIGURE_COLOR
    assert tuple(cells['boxes'][80, 3 * CELL // 8]) == PRIOR_COLOR
    assert (cells['boxes'][80, 80] == 10).all()
    # The right hand, orange, at (0.8, 0.1) of the cell.
    assert tuple(cells['prior'][16, 128]) == (0, 128, 255)
    assert (row(None)['boxes'][80, CELL // 4] == 10).all()
    assert row(with_weight=False)['weight'] is None


def test_boxes_beyond_the_picture():
    drawn = draw_boxes(np.zeros((8, 8, 3), np.uint8), [(np.array([0.5, 0.5, 2, 0.5]), (1, 2, 3))],
                       40)
    assert drawn.shape == (40, 40, 3)
    assert (drawn[10, 20] == (1, 2, 3)).all() and (drawn[20, 0] == 0).all()


def test_joints_fill_the_picture_wherever_they_lie():
    drawn = draw_named_joints(POSE * 0.1, SEEN, SKELETON, size=200)
    assert drawn.shape == (200, 410, 3)
    # The height, 0.08 of the frame, becomes 180 of 200 pixels about the middle.
    for x, y, k in ((100, 190, 0), (32, 10, 1), (167, 10, 2)):
        assert tuple(drawn[y, x, ::-1]) == tuple(SKELETON.colors[k])
    hidden = draw_named_joints(POSE, np.array([True, True, False]), SKELETON, size=200)
    # The two that are left fill it: no orange anywhere.
    orange = (hidden[:, :200] == SKELETON.colors[2][::-1]).all(axis=2)
    assert not orange.any()


@pytest.mark.parametrize('skeleton, columns', [(SKELETON, 1), (FACE68, 2)])
def test_all_names_are_listed(skeleton, columns):
    pose = np.random.default_rng(0).random((skeleton.num_joints, 2))
    drawn = draw_named_joints(pose, np.ones(skeleton.num_joints, bool), skeleton)
    assert drawn.shape == (640, 640 + 210 * columns, 3)
    # One line of ink a name.
    ink = (drawn[:, 640:].reshape(640, columns, 210, 3) < 128).any(axis=(2, 3)).sum(axis=0)
    assert (ink >= 5 * min(skeleton.num_joints, 41) / columns).all()
