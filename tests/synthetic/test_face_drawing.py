"""A whole head: inside and outside of its outline, ears, light, and what it leaves alone."""
from dataclasses import replace

import numpy as np
import pytest

from ikp_mm.synthetic.face_camera import PIVOT, head_rotation
from ikp_mm.synthetic.face_drawing import draw_face
from ikp_mm.synthetic.face_head import Head
from ikp_mm.synthetic.face_look import TEXTURE_SIZE, draw_look
from ikp_mm.synthetic.face_model import MEAN_SHAPE, SKULL

SIZE = 300
BACKGROUND = np.array([0, 255, 0], np.uint8)


def frontal(yaw: float = 0.0) -> Head:
    zero = np.zeros(())
    rotation = head_rotation(zero + np.radians(yaw), zero, zero)
    pivot = np.array([150.0, 160.0])
    flat = pivot + ((MEAN_SHAPE - PIVOT) @ rotation.T)[:, :2] * (1, -1)
    return Head(flat, pivot, rotation, 1.0, np.array([72.5, 113.0, 97.0]))


def bald(**changes):
    skin = np.array([120.0, 150, 200])
    plain = dict(style='bald', hair=None, skin=skin, beard=(0.0, 0.0), glasses_shape=None,
                 light=np.array([0, 0, 1.0]), ambient=1.0, diffuse=0.0, tint=np.ones(3),
                 head=np.full((TEXTURE_SIZE, TEXTURE_SIZE, 3), skin, np.uint8))
    return replace(draw_look(np.random.default_rng(0)), **{**plain, **changes})


def drawn(head: Head, look) -> np.ndarray:
    image = np.broadcast_to(BACKGROUND, (SIZE, SIZE, 3)).copy()
    draw_face(image, head, np.zeros(2), look)
    return image


def is_background(image: np.ndarray, place) -> bool:
    x, y = np.round(place).astype(int)
    return bool((image[y, x] == BACKGROUND).all())


def test_the_jaw_is_the_edge_of_the_skin():
    head = frontal()
    image = drawn(head, bald())
    # At the angle of the jaw, beside the neck: skin within, background without.
    for i, outwards in ((3, -6), (13, 6)):
        assert not is_background(image, head.points[i] - [outwards, 0])
        assert is_background(image, head.points[i] + [2 * outwards, 0])
    assert is_background(image, head.points[SKULL] - [0, 115])
    assert not is_background(image, head.points[SKULL] - [0, 111])


def test_forehead_has_the_skins_colour_in_full_light_and_half_of_it_in_half_light():
    head = frontal()
    forehead = tuple(np.round(head.points[27] - [0, 60]).astype(int)[::-1])
    np.testing.assert_allclose(drawn(head, bald())[forehead], [120, 150, 200], atol=1)
    np.testing.assert_allclose(drawn(head, bald(ambient=0.5))[forehead], [60, 75, 100], atol=2)


def test_only_the_near_ear_shows_on_a_turned_head():
    skin = bald().skin * (0.88, 0.88, 0.97)  # ears are a little redder
    for yaw, side in ((35, -1), (-35, 1)):  # turned to the right of the image: the right ear shows
        head = frontal(yaw)
        image = drawn(head, bald())
        ear = np.abs(image.astype(float) - skin).max(-1) < 4
        shown = np.flatnonzero(ear.any(0))
        assert ear.sum() > 100
        assert (np.sign(shown - head.points[SKULL, 0]) == side).all()


def test_far_points_of_a_turned_head_lie_within_its_outline():
    """The ear side of the jaw is hidden behind the cheek: drawn skin covers its true place."""
    head = frontal(35)
    image = drawn(head, bald())
    assert all(not is_background(image, head.points[i]) for i in (14, 15, 16))
    assert (head.points[16, 0] < head.points[:68, 0].max() - 10)


def test_a_head_outside_the_image_leaves_it_alone():
    head = frontal()
    away = Head(head.points - 5000, head.pivot - 5000, head.rotation, 1.0, head.radii)
    assert (drawn(away, bald()) == BACKGROUND).all()


def test_odd_sides_are_refused():
    with pytest.raises(ValueError, match='even side, got 5'):
        draw_face(np.zeros((5, 5, 3), np.uint8), frontal(), np.zeros(2), bald())
