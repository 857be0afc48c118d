"""The head in the image: its axes, outlines and lit surface, on heads one can work out."""
from dataclasses import replace

import numpy as np
import pytest

from ikp_mm.synthetic.face_camera import PIVOT, head_rotation
from ikp_mm.synthetic.face_head import Head, head_surface, outlines
from ikp_mm.synthetic.face_look import TEXTURE_SIZE, FaceLook, draw_look
from ikp_mm.synthetic.face_model import MEAN_SHAPE, SKULL

RADII = np.array([70.0, 110.0, 95.0])


def frontal(yaw: float = 0.0, scale: float = 1.0, centre: float = 200.0) -> Head:
    """The mean face at ``scale`` pixels a millimetre, without perspective."""
    zero = np.zeros(())
    rotation = head_rotation(zero + np.radians(yaw), zero, zero)
    flat = ((MEAN_SHAPE - PIVOT) @ rotation.T)[:, :2] * (scale, -scale)
    pivot = np.array([centre, centre])
    return Head(pivot + flat, pivot, rotation, scale, RADII)


def plain(**changes) -> FaceLook:
    return replace(draw_look(np.random.default_rng(0)), **changes)


def test_offsets_follow_the_head_and_body_places_do_not():
    head = frontal(yaw=90, scale=2.0)
    # Turned to the right of the image: forward is right, the subject's left points away.
    np.testing.assert_allclose(head.near(np.zeros(2), [[0, 0, 1], [1, 0, 0], [0, 1, 0]]),
                               [[2, 0], [0, 0], [0, -2]], atol=1e-12)
    np.testing.assert_allclose(head.body([(0.0, PIVOT[1]), (10.0, PIVOT[1] + 5)]),
                               [[200, 200], [220, 190]])


def test_outlines_of_a_frontal_head():
    head = frontal()
    skin, hair = outlines(head, plain(style='short', hair=np.full(3, 9.0), volume=0.1))
    centre = head.points[SKULL]
    # The crown lies 110 mm above the skull's middle, the hair's 110 * 1.1.
    assert skin[:, 1].min() == pytest.approx(centre[1] - 110, abs=0.5)
    assert hair[:, 1].min() == pytest.approx(centre[1] - 121, abs=0.5)
    assert hair[:, 0].max() == pytest.approx(centre[0] + 77, abs=0.5)
    # Below, the skin ends at the chin.
    assert skin[:, 1].max() == pytest.approx(head.points[8, 1], abs=1e-3)
    assert outlines(head, plain(style='bald', hair=None))[1] is None


def test_outline_of_a_turned_head_is_that_of_the_turned_ellipsoid():
    head = frontal(yaw=30)
    skin = outlines(head, plain())[0]
    # Half width of an ellipse turned by 30 degrees: sqrt((70 cos)^2 + (95 sin)^2).
    half = np.hypot(70 * np.cos(np.pi / 6), 95 * np.sin(np.pi / 6))
    assert head.points[SKULL, 0] - skin[:, 0].min() == pytest.approx(half, abs=0.5)


def test_surface_is_brightest_where_it_faces_the_light():
    look = plain(light=np.array([1.0, 0, 0]), ambient=0.25, diffuse=0.5,
                 head=np.full((TEXTURE_SIZE, TEXTURE_SIZE, 3), 77, np.uint8))
    albedo, light = head_surface(frontal(centre=200), look, 400)
    assert albedo.shape == (200, 200, 3) and (albedo == 77).all()
    row = round(frontal().points[SKULL, 1] / 2)
    middle, edge = light[row, 100], light[row, 100 + 34]
    assert middle == pytest.approx(0.25, abs=0.02)
    # 68.5 mm of 70 to the side: the sphere's normal has x = 0.98 there.
    assert edge == pytest.approx(0.25 + 0.5 * 0.98, abs=0.02)
    assert light[row, 60] == pytest.approx(0.25)
    # A pixel that misses the head takes the light of its outline.
    assert light[row, 195] == pytest.approx(0.75, abs=0.01)


def test_surface_turns_with_the_head():
    """A mark painted on the front of the sphere moves to the right with a turn to the right."""
    texture = np.zeros((TEXTURE_SIZE, TEXTURE_SIZE, 3), np.uint8)
    half = TEXTURE_SIZE // 2
    texture[half - 3:half + 3, half - 3:half + 3] = 255
    for yaw in (-30, 0, 30):
        head = frontal(yaw=yaw)
        albedo = head_surface(head, plain(head=texture), 400)[0]
        column = np.flatnonzero((albedo[..., 0] > 128).any(0)).mean() * 2 + 0.5
        expected = head.points[SKULL, 0] + 95 * np.sin(np.radians(yaw))
        assert column == pytest.approx(expected, abs=2)
