"""The camera: a pinhole checked by hand, and figures held inside the frame."""
import numpy as np
import pytest

from ikp_mm.synthetic.camera import MARGIN, Camera, project

LEVEL = Camera(elevation=0.0, roll=0.0, distance=4.0, size=0.6, left=0.5, top=0.5)


def column(depths: np.ndarray) -> np.ndarray:
    """(1, 2 + n, 3): foot and head of a person one unit tall; beside the middle, points nearer by
    ``depths``."""
    beside = [[0.1, 0.5, depth] for depth in depths]
    return np.array([[[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], *beside]])


def test_standing_height_and_perspective():
    points, size = project(column([0.0, 2.0]), LEVEL, 1.0, np.zeros(1), np.ones(1), 2)
    foot, head, beside, near = points[0]
    assert size == pytest.approx(0.6)
    # 0.6 tall, centred: half of the free height above; the middle of the walk is at 0.5.
    np.testing.assert_allclose(head[:2], [0.5, 0.2])
    np.testing.assert_allclose(foot[:2], [0.5, 0.8])
    np.testing.assert_allclose(beside[:2], [0.56, 0.5])
    np.testing.assert_allclose(near[:2], [0.62, 0.5])  # half as far away: twice as large
    np.testing.assert_allclose([beside[2], near[2]], [0, -2])  # larger depth is farther


def test_looking_down_brings_the_ground_in_front_lower_in_the_image():
    down = Camera(elevation=0.2, roll=0.0, distance=50.0, size=0.6, left=0.5, top=0.5)
    points, _ = project(column([1.0]), down, 1.0, np.zeros(1), np.ones(1), 2)
    middle = points[0, :2, 1].mean()
    assert points[0, 2, 1] > middle + 0.05


def test_walk_and_zoom_move_and_scale_the_figure():
    figure = np.repeat(column([0.0]), 2, 0)
    points, size = project(figure, LEVEL, 1.0, np.array([-0.2, 0.2]), np.array([1.0, 1.1]), 2)
    np.testing.assert_allclose(points[:, 0, 0], [0.3, 0.7])
    np.testing.assert_allclose(points[:, 0, 1] - points[:, 1, 1], [0.6, 0.66])


def test_large_figures_shrink_and_wide_walks_stop_at_the_border():
    figure = np.repeat(column([0.0]), 3, 0)
    huge = Camera(elevation=0.0, roll=0.0, distance=4.0, size=3.0, left=0.5, top=0.5)
    points, size = project(figure, huge, 1.0, np.array([-2.0, 0.0, 2.0]), np.ones(3), 3)
    assert size == pytest.approx(1 - 2 * MARGIN)
    assert points[..., :2].min() == pytest.approx(MARGIN)
    assert points[..., :2].max() == pytest.approx(1 - MARGIN)
