"""Head turns and the projection, against numbers worked out by hand."""
import numpy as np
import pytest

from ikp_mm.synthetic.face_camera import (PIVOT, SIZE_RANGE, FaceCamera, draw_face_camera,
                                                   head_rotation, project_face)
from ikp_mm.synthetic.face_model import INDEX, MEAN_SHAPE, NUM_POINTS

FAR = FaceCamera(distance=1e9, size=0.45, centre=np.array([0.5, 0.6]))


def turned(vector: tuple[float, float, float], yaw: float = 0, pitch: float = 0, roll: float = 0):
    return head_rotation(*(np.array(np.radians(a)) for a in (yaw, pitch, roll))) @ np.array(vector)


def view(points: np.ndarray, camera: FaceCamera = FAR, yaw: float = 0.0, place=(0, 0), zoom=1.0):
    angle = np.radians([yaw])
    return project_face(points[None], camera, head_rotation(angle, 0 * angle, 0 * angle),
                        np.array([place], float), np.array([zoom]))


def test_turns_go_the_way_the_docstring_says():
    s, c = 0.5, np.sqrt(0.75)
    np.testing.assert_allclose(turned((0, 0, 1), yaw=30), [s, 0, c], atol=1e-12)  # to the right
    np.testing.assert_allclose(turned((0, 0, 1), pitch=30), [0, -s, c], atol=1e-12)  # down
    np.testing.assert_allclose(turned((0, 1, 0), roll=30), [s, c, 0], atol=1e-12)  # to the right
    # The roll comes last: it tilts what yaw and pitch have turned, in the image plane.
    np.testing.assert_allclose(turned((0, 0, 1), yaw=90, roll=90), [0, -1, 0], atol=1e-12)


def test_rotations_are_rotations():
    angles = np.random.default_rng(0).uniform(-1, 1, (3, 4, 5))
    rotation = head_rotation(*angles)
    assert rotation.shape == (4, 5, 3, 3)
    np.testing.assert_allclose(rotation @ rotation.swapaxes(-1, -2),
                               np.broadcast_to(np.eye(3), rotation.shape), atol=1e-12)
    np.testing.assert_allclose(np.linalg.det(rotation), 1)


def test_frontal_face_from_far_away_lies_where_it_must():
    points = MEAN_SHAPE.copy()
    points[0] = PIVOT
    seen = view(points, place=(0.01, -0.02))
    # 0.45 frame sides over the 90 mm between the outer corners: 0.005 a millimetre.
    np.testing.assert_allclose(seen.scale, [0.005])
    np.testing.assert_allclose(seen.pivot, [[0.51, 0.58]])
    np.testing.assert_allclose(seen.points[0, 0], [0.51, 0.58])
    # The pivot lies 44 mm below the eyes; y points down in the image.
    np.testing.assert_allclose(seen.points[0, INDEX['right_eye_outer']],
                               [0.51 - 0.225, 0.58 - 44 * 0.005], atol=1e-6)


def test_yaw_shifts_what_lies_before_the_pivot_and_zoom_scales():
    nose = INDEX['nose_bridge_4']
    seen = view(MEAN_SHAPE, yaw=30, zoom=2.0)
    depth = MEAN_SHAPE[nose, 2] - PIVOT[2]
    np.testing.assert_allclose(seen.points[0, nose, 0], 0.5 + 0.01 * 0.5 * depth, atol=1e-6)


def test_near_camera_enlarges_what_is_near():
    nose = INDEX['nose_bridge_4']
    camera = FaceCamera(distance=870.0, size=0.45, centre=np.array([0.5, 0.6]))
    low, high = view(MEAN_SHAPE), view(MEAN_SHAPE, camera)
    # The tip of the nose is 119 - 32 = 87 mm before the pivot: 870 / (870 - 87) = 10 / 9.
    offset = [seen.points[0, nose, 1] - 0.6 for seen in (low, high)]
    np.testing.assert_allclose(offset[1] / offset[0], 10 / 9, rtol=1e-6)


def test_drawn_cameras_stay_within_their_ranges():
    rng = np.random.default_rng(0)
    cameras = [draw_face_camera(rng) for _ in range(200)]
    sizes = np.array([camera.size for camera in cameras])
    assert SIZE_RANGE[0] <= sizes.min() < sizes.max() <= SIZE_RANGE[1]
    assert min(camera.distance for camera in cameras) >= 800


def test_wrong_number_of_points_is_refused():
    with pytest.raises(ValueError, match=f'points must be \\(T, {NUM_POINTS}, 3\\)'):
        view(MEAN_SHAPE[:68])
