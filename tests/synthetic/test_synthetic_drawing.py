"""Drawing: static backgrounds by seed, limbs where they belong, the nearer over the farther."""
import numpy as np

from ikp_mm.synthetic.body import (L_ELBOW, L_HAND, L_SHOULDER, L_WRIST, NUM_POINTS, R_ELBOW,
                                   R_HAND, R_WRIST, Subject, draw_subject)
from ikp_mm.synthetic.drawing import draw_background, draw_figure


def far_away() -> tuple[np.ndarray, np.ndarray]:
    """Points (P, 2) outside a small image and depths (P,) all zero."""
    return np.full((NUM_POINTS, 2), -500.0), np.zeros(NUM_POINTS)


def subject(**colors: tuple[float, float, float]) -> Subject:
    """A subject of average build, black but for the colours given."""
    drawn = draw_subject(np.random.default_rng(0))
    return Subject(drawn.lengths, 1.0, {**dict.fromkeys(drawn.colors, (0., 0., 0.)), **colors})


def test_background_depends_on_the_seed_alone_and_is_textured():
    first, again, other = (draw_background(np.random.default_rng(seed), 96) for seed in (3, 3, 4))
    assert first.shape == (96, 96, 3) and first.dtype == np.uint8
    np.testing.assert_array_equal(first, again)
    assert np.abs(first.astype(int) - other).mean() > 10
    assert first.std((0, 1)).max() > 3


def test_limb_is_drawn_between_its_joints():
    image = np.zeros((81, 81, 3), np.uint8)
    points, depth = far_away()
    points[L_SHOULDER], points[L_ELBOW] = (20, 40), (60, 40)
    depth[[L_SHOULDER, L_ELBOW]] = -0.1  # before the chest and the forearm, which start there
    draw_figure(image, points, depth, 80.0, subject(upper_arm_l=(0, 0, 200)))
    red = image[..., 2] > 100
    # A tapered capsule with radii 0.036 and 0.028 body heights of 80 px: 2.88 and 2.24 px.
    assert red[40, 19:62].all()
    rows = np.flatnonzero(red[:, 22])
    assert rows.min() in (37, 38) and rows.max() in (42, 43)
    assert not red[:33].any() and not red[48:].any()


def test_nearer_limb_covers_the_farther_one():
    points, depth = far_away()
    points[L_ELBOW], points[L_WRIST] = (10, 40), (70, 40)
    points[R_ELBOW], points[R_WRIST] = (40, 10), (40, 70)
    points[L_HAND], points[R_HAND] = points[L_WRIST], points[R_WRIST]
    who = subject(forearm_l=(200, 0, 0), forearm_r=(0, 200, 0))
    for nearer, channel in (((L_ELBOW, L_WRIST), 0), ((R_ELBOW, R_WRIST), 1)):
        image = np.zeros((81, 81, 3), np.uint8)
        depth[:] = 0.0
        depth[list(nearer)] = -0.2
        draw_figure(image, points, depth, 80.0, who)
        assert image[40, 40].argmax() == channel
        assert image[40, 25].argmax() == 0 and image[25, 40].argmax() == 1


def test_figure_outside_the_image_changes_nothing():
    image = draw_background(np.random.default_rng(0), 64)
    before = image.copy()
    points, depth = far_away()
    draw_figure(image, points, depth, 40.0, subject())
    np.testing.assert_array_equal(image, before)
