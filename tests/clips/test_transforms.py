import numpy as np
import pytest
from scipy.interpolate import RBFInterpolator

from ikp_mm.clips.transforms import (DrawRamp, RandomSimilarity, RandomThinPlateWarp, Similarity,
                                     look_up, read_ramp)
from ikp_mm.ops.coords import pixel_to_unit

RAMP_IMAGE = np.random.default_rng(0).integers(0, 256, (9, 9, 3), np.uint8)


def test_points_mirror_turn_scale_and_shift():
    point = np.array([1.0, 0.0])
    assert Similarity(flip=True).apply_to_unit(point).tolist() == [-1, 0]
    # Positive angles turn x towards y, which points down: clockwise on the screen.
    np.testing.assert_allclose(Similarity(angle_deg=90).apply_to_unit(point), [0, 1], atol=1e-12)
    assert Similarity(scale=0.5).apply_to_unit(point).tolist() == [0.5, 0]
    # A quarter of the side is half a unit.
    assert Similarity(shift=(0.25, -0.5)).apply_to_unit(point).tolist() == [1.5, -1]


def test_order_is_mirror_turn_scale_shift():
    similarity = Similarity(flip=True, angle_deg=90, scale=2.0, shift=(0.1, 0.0))
    # (1, 0) -> mirror (-1, 0) -> turn (0, -1) -> scale (0, -2) -> shift (0.2, -2)
    np.testing.assert_allclose(similarity.apply_to_unit(np.array([1.0, 0.0])), [0.2, -2],
                               atol=1e-12)


@pytest.mark.parametrize('similarity, expected', [
    (Similarity(flip=True), RAMP_IMAGE[:, ::-1]),
    (Similarity(angle_deg=90), np.rot90(RAMP_IMAGE, -1)),  # rot90 turns against the clock
    (Similarity(angle_deg=-90), np.rot90(RAMP_IMAGE)),
    (Similarity(angle_deg=180), RAMP_IMAGE[::-1, ::-1]),
])
def test_mirror_and_quarter_turns_move_pixels_exactly(similarity, expected):
    np.testing.assert_array_equal(similarity.apply_to_image(RAMP_IMAGE), expected)


def test_shifted_image_repeats_its_border():
    moved = Similarity(shift=(1 / 3, 0.0)).apply_to_image(RAMP_IMAGE)  # 3 of 9 pixels
    np.testing.assert_array_equal(moved[:, 3:], RAMP_IMAGE[:, :6])
    np.testing.assert_array_equal(moved[:, :3], RAMP_IMAGE[:, :1].repeat(3, axis=1))


def test_identity_returns_the_image_itself():
    assert Similarity().apply_to_image(RAMP_IMAGE) is RAMP_IMAGE


def test_images_and_points_move_alike():
    """A dot in the image lands where its coordinates land, up to the half pixel of the centres."""
    size, x, y = 128, 90, 40
    image = np.zeros((size, size), np.float32)
    image[y, x] = 1.0
    similarity = Similarity(flip=True, angle_deg=33, scale=1.2, shift=(0.05, -0.08))
    moved = similarity.apply_to_image(image)
    rows, columns = np.mgrid[:size, :size]
    found = np.array([(moved * columns).sum(), (moved * rows).sum()]) / moved.sum()
    expected = similarity.apply_to_unit(pixel_to_unit(np.array([x, y], float), size))
    # Centres differ by half a pixel: at most 0.5 + 0.5 * 1.2 * sqrt(2) = 1.35 pixels.
    assert np.abs((expected + 1) / 2 * size - found).max() < 1.4


def test_matrix_inverts_the_point_map_exactly_about_the_pixel_centre():
    similarity = Similarity(angle_deg=20, scale=0.7, shift=(0.1, 0.2))
    matrix = similarity.pixel_matrix(65)
    # The centre of a 65-pixel image is pixel 32; it only shifts: 32 + 6.5, 32 + 13.
    np.testing.assert_allclose(matrix @ [32, 32, 1], [38.5, 45])


def test_samples_fill_their_ranges_and_no_more():
    random = RandomSimilarity(flip=0.25, rotate_deg=30, scale=(0.8, 1.5), shift=0.1)
    rng = np.random.default_rng(0)
    drawn = [random.sample(rng, 0) for _ in range(4000)]
    assert abs(np.mean([s.flip for s in drawn]) - 0.25) < 0.03
    for values, low, high in (([s.angle_deg for s in drawn], -30, 30),
                              ([s.scale for s in drawn], 0.8, 1.5),
                              ([s.shift[0] for s in drawn], -0.1, 0.1),
                              ([s.shift[1] for s in drawn], -0.1, 0.1)):
        margin = 0.01 * (high - low)
        assert low <= min(values) < low + margin and high - margin < max(values) <= high


def test_defaults_draw_the_identity():
    assert RandomSimilarity().sample(np.random.default_rng(0), 0) == Similarity()


def test_rotation_follows_its_ramp():
    random = RandomSimilarity(rotate_deg=dict(start=0, end=100, begin=10, until=20))
    def angle(draw):
        return random.sample(np.random.default_rng(1), draw).angle_deg
    assert angle(10) == 0 and angle(15) == pytest.approx(angle(20) / 2) and angle(20) != 0


@pytest.mark.parametrize('options', [dict(flip=1.5), dict(scale=(0, 1)), dict(scale=(2, 1)),
                                     dict(shift=-1), dict(rotate_deg=-5)])
def test_similarity_refuses(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        RandomSimilarity(**options)


def test_thin_plate_warp_of_an_affine_displacement_is_affine():
    """A thin-plate spline reproduces affine maps: all controls moved alike shift the image."""
    warp = RandomThinPlateWarp(points=3, strength=0.1)
    image = np.random.default_rng(0).integers(0, 256, (21, 21, 3), np.uint8)
    # 0.2 units of 20 pixels between the outer pixel centres (2 units): 2 pixels.
    moved = look_up(image, warp.positions(np.tile([0.2, 0.0], (9, 1)), 21))
    np.testing.assert_array_equal(moved[:, :-2], image[:, 2:])


def test_thin_plate_warp_shows_what_lay_at_the_displaced_control():
    image = np.zeros((33, 33), np.float32)
    image[16, 20] = 1.0
    displacement = np.zeros((9, 2))
    displacement[4] = [0.25, 0.0]  # the middle control looks 4 pixels (of 16 a unit) to the right
    warped = look_up(image, RandomThinPlateWarp(points=3).positions(displacement, 33))
    assert warped[16, 16] == pytest.approx(1.0, abs=0.05)
    # The other controls stay where they were.
    image[0, 0] = 1.0
    corner = look_up(image, RandomThinPlateWarp(points=3).positions(displacement, 33))[0, 0]
    assert corner == pytest.approx(1.0, abs=0.05)


def test_a_spline_solved_once_is_the_spline_of_each_draw():
    warp, rng = RandomThinPlateWarp(points=4, strength=0.1), np.random.default_rng(3)
    line = np.linspace(-1, 1, 9)
    control = np.stack(np.meshgrid(*[np.linspace(-1, 1, 4)] * 2), -1).reshape(-1, 2)
    nodes = np.stack(np.meshgrid(line, line), -1).reshape(-1, 2)
    for _ in range(2):
        displacement = warp.sample_displacement(rng)
        looked = nodes + RBFInterpolator(control, displacement, kernel='thin_plate_spline')(nodes)
        np.testing.assert_allclose(  # unit coordinates -1..1 are pixels 0..8 here
            warp.positions(displacement, 9), 4 * (looked.reshape(9, 9, 2) + 1), atol=1e-4)


def test_thin_plate_strength_is_a_fraction_of_the_side():
    drawn = RandomThinPlateWarp(points=40, strength=0.03).sample_displacement(
        np.random.default_rng(0))
    assert drawn.shape == (1600, 2)
    assert drawn.std() == pytest.approx(0.06, rel=0.05)  # one side is two units


@pytest.mark.parametrize('options', [dict(points=1), dict(strength=0)])
def test_thin_plate_refuses(options):
    with pytest.raises(ValueError):
        RandomThinPlateWarp(**options)


# ------------------------------------------------------------------ ramps

def test_ramp_is_linear_between_its_draws_and_flat_outside():
    ramp = read_ramp(dict(start=20, end=180, begin=8000, until=24000))
    # (20 + 180) / 2 = 100 half-way at draw 16000; a quarter of the way: 20 + 40.
    assert [ramp.at(n) for n in (0, 8000, 12000, 16000, 24000, 10**9)] == [
        20, 20, 60, 100, 180, 180]


def test_number_is_a_constant():
    assert {read_ramp(15).at(n) for n in (0, 1, 10**6)} == {15.0}


def test_step_when_begin_is_until():
    ramp = DrawRamp(start=1, end=2, begin=5, until=5)
    assert (ramp.at(4), ramp.at(5)) == (1, 2)


def test_ramps_that_are_none():
    with pytest.raises(ValueError, match='begin=9, until=5'):
        read_ramp(dict(start=0, end=1, begin=9, until=5))
    with pytest.raises(TypeError, match='stop'):
        read_ramp(dict(start=0, end=1, begin=0, stop=5))
