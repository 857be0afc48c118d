"""Motion of heads: ranges, smoothness, blinks and speech."""
import numpy as np
import pytest

from ikp_mm.synthetic.face_model import EXPRESSION_MODES
from ikp_mm.synthetic.face_motion import (EXPRESSION, LOUDNESS, NUM_CHANNELS, PITCH,
                                                   PITCH_LIMIT, ROLL, YAW, FaceMotion,
                                                   draw_face_motion)

JAW, PUCKER, BLINK_R, BLINK_L = (EXPRESSION + EXPRESSION_MODES.index(name) for name in (
    'jaw_open', 'pucker', 'blink_right', 'blink_left'))
SILENT = np.zeros((1, 4))
NEVER = np.array([[99.0, 1.0, 1.0]])


@pytest.fixture(scope='module')
def many() -> np.ndarray:
    """(200, 120, NUM_CHANNELS): 200 motions over 4 seconds at 30 Hz."""
    times = np.arange(120) / 30
    return np.stack([draw_face_motion(np.random.default_rng(i), 4.0, (-35, 35)).sample(times)
                     for i in range(200)])


def keys(**channels: float) -> np.ndarray:
    """Two keys: zeros, then the channels named by number in ``channels``."""
    result = np.zeros((2, NUM_CHANNELS))
    for number, value in channels.items():
        result[1, int(number[1:])] = value
    return result


def test_keys_are_joined_by_a_smoothstep():
    motion = FaceMotion(np.array([0.0, 2.0]), keys(**{f'c{YAW}': 0.8}), SILENT, NEVER)
    # u = 1/4: 3/16 - 2/64 = 5/32; halfway 1/2.
    np.testing.assert_allclose(motion.sample(np.array([0, 0.5, 1.0, 2.0]))[:, YAW],
                               [0, 0.8 * 5 / 32, 0.4, 0.8])


def test_a_blink_shuts_and_opens_the_eyes_that_take_part():
    motion = FaceMotion(np.array([0.0, 2.0]), keys(), SILENT, np.array([[1.0, 1.0, 0.0]]))
    values = motion.sample(np.array([0.5, 0.92, 1.0, 1.08, 1.5]))
    np.testing.assert_allclose(values[:, BLINK_R], [0, 0.5, 1, 0.5, 0], atol=1e-12)
    np.testing.assert_array_equal(values[:, BLINK_L], 0)


def test_syllables_open_the_jaw_as_loudly_as_one_speaks():
    loud = np.zeros((2, NUM_CHANNELS))
    loud[:, LOUDNESS] = 0.5
    one = np.array([[1.0, 0.0, 0.35, 0.2]])  # 1 Hz, opens 0.35, rounds 0.2
    values = FaceMotion(np.array([0.0, 2.0]), loud, one, NEVER).sample(np.array([0, 0.25, 0.75]))
    np.testing.assert_allclose(values[:, JAW], [0.125, 0.3, 0], atol=1e-12)
    np.testing.assert_allclose(values[:, PUCKER], [0, 0.1, 0], atol=1e-12)
    quiet = FaceMotion(np.array([0.0, 2.0]), np.zeros((2, NUM_CHANNELS)), one, NEVER)
    np.testing.assert_array_equal(quiet.sample(np.array([0.25]))[0, [JAW, PUCKER]], 0)


def test_angles_and_blinks_stay_in_range_and_use_it(many):
    yaw = np.degrees(many[..., YAW])
    assert yaw.min() >= -35 and yaw.max() <= 35
    assert (yaw < -20).mean() > 0.08 and (yaw > 20).mean() > 0.08 and abs(yaw.mean()) < 2
    assert np.abs(many[..., [PITCH, ROLL]]).max() <= PITCH_LIMIT
    assert many[..., [BLINK_R, BLINK_L]].min() >= 0 and many[..., [BLINK_R, BLINK_L]].max() <= 1
    assert many[..., JAW].min() >= 0


def test_heads_move_smoothly_and_mouths_faster(many):
    assert np.degrees(np.abs(np.diff(many[..., YAW], axis=1)).max()) < 8  # a thirtieth of a second
    assert (np.ptp(many[..., YAW], axis=1) > np.radians(8)).mean() > 0.9
    assert (np.ptp(many[..., JAW], axis=1) > 0.1).mean() > 0.9


def test_eyes_are_mostly_open_and_sometimes_shut(many):
    shut = many[..., BLINK_R] > 0.8
    assert 0.005 < shut.mean() < 0.15 and shut.any(1).mean() > 0.6
    assert (np.abs(many[..., BLINK_R] - many[..., BLINK_L]) > 0.5).any()  # a wink


def test_times_outside_the_motion_are_refused():
    motion = draw_face_motion(np.random.default_rng(0), 1.0, (-35, 35))
    with pytest.raises(ValueError, match='times must lie in'):
        motion.sample(np.array([-0.1, 0.5]))
