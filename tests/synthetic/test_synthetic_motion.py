"""Motions are smooth, stay within what joints can do, and within the azimuth range asked for."""
import numpy as np
import pytest

from ikp_mm.synthetic.body import (ARM_LEFT, ARM_RIGHT, AZIMUTH, FLEX, L_FOOT, L_HIP, L_KNEE,
                                   LEG_LEFT, LEG_RIGHT, NUM_ANGLES, R_FOOT, R_HIP, R_KNEE,
                                   draw_subject, forward_kinematics)
from ikp_mm.synthetic.motion import NUM_CHANNELS, PLACE, ZOOM, Motion, draw_motion

LIMIT = (-60.0, 60.0)


def motions(count: int, azimuth=LIMIT) -> list[Motion]:
    return [draw_motion(np.random.default_rng(seed), 5.0, azimuth) for seed in range(count)]


def two_keys(**changes: float) -> Motion:
    """One second from all zero to the given channel values, with no gait and no wave."""
    keys = np.zeros((2, NUM_CHANNELS))
    for channel, value in changes.items():
        keys[1, int(channel[1:])] = value
    return Motion(np.array([0.0, 1.0]), keys, turn_share=0.5, move_share=0.8, swing=0.0, phase=0.0,
                  wave_rate=1.0)


def test_minimum_jerk_values_between_two_keys():
    motion = two_keys(**{f'c{AZIMUTH}': 1.0, f'c{PLACE}': 2.0, f'c{ARM_LEFT}': 1.0})
    values = motion.sample(np.array([0.0, 0.25, 0.4, 0.5, 1.0]))
    # 10u^3 - 15u^4 + 6u^5 is 1/2 at u = 1/2 and 53/512 at u = 1/4.
    np.testing.assert_allclose(values[:, PLACE], [0, 2 * 53 / 512, 2 * 0.31744, 1, 2])
    np.testing.assert_allclose(values[[1, 3, 4], AZIMUTH], [0.5, 1, 1])  # turns in the first half
    np.testing.assert_allclose(values[[2, 4], ARM_LEFT], [0.5, 1])  # in the first four fifths


def test_walking_swings_opposite_legs_and_stops_with_the_walk():
    motion = two_keys(**{f'c{PLACE}': 0.5})
    walking = Motion(motion.times, motion.keys, 0.5, 0.8, swing=1.0, phase=np.pi / 2,
                     wave_rate=1.0)
    times = np.linspace(0, 1, 201)
    gait = walking.sample(times) - motion.sample(times)
    left, right = gait[:, LEG_LEFT], gait[:, LEG_RIGHT]
    np.testing.assert_allclose(gait[[0, -1]], 0, atol=1e-12)
    assert np.corrcoef(left, right)[0, 1] < -0.5
    assert left.max() - left.min() > 0.5  # radians
    assert (gait[:, LEG_LEFT + FLEX] >= -1e-12).all()


def test_motion_is_smooth_in_time():
    times = np.arange(0, 5, 0.001)
    for motion in motions(20):
        values = motion.sample(times)
        speed = np.abs(np.diff(values, axis=0)) / 0.001
        # Fast gestures of people reach some 15 rad/s; a jump would show as hundreds.
        assert speed[:, :NUM_ANGLES].max() < 30
        assert speed[:, PLACE].max() < 2 and speed[:, ZOOM].max() < 1


def test_azimuth_stays_in_range():
    times = np.arange(0, 5, 0.05)
    azimuth = np.degrees([motion.sample(times)[:, AZIMUTH] for motion in motions(40)])
    assert azimuth.min() >= -60 and azimuth.max() <= 60
    assert azimuth.min() < -45 and azimuth.max() > 45


def test_full_turn_takes_the_shorter_way_round():
    free = motions(40, (-180.0, 180.0))
    turns = np.concatenate([np.diff(motion.keys[:, AZIMUTH]) for motion in free])
    assert np.abs(turns).max() <= np.pi + 1e-9
    facing = np.cos(np.concatenate([motion.keys[:, AZIMUTH] for motion in free]))
    assert 0.3 < (facing > 0).mean() < 0.7  # from the front and from behind alike


def test_hinges_never_bend_backwards():
    times = np.arange(0, 5, 0.05)
    for motion in motions(40):
        values = motion.sample(times)
        for limb in (ARM_LEFT, ARM_RIGHT, LEG_LEFT, LEG_RIGHT):
            assert values[:, limb + FLEX].min() > 0
            assert values[:, limb + FLEX].max() < np.radians(200)


def test_shins_lie_behind_the_thighs_of_a_person_seen_from_the_side():
    # Facing the right of the image, thigh x shin (in the image plane) turns one way in every pose.
    lengths = draw_subject(np.random.default_rng(0)).lengths
    times = np.arange(0, 5, 0.1)
    for motion in motions(20):
        angles = motion.sample(times)[:, :NUM_ANGLES]
        angles[:, AZIMUTH] = np.pi / 2
        for leg in (LEG_LEFT, LEG_RIGHT):
            angles[:, leg + 1:leg + 3] = 0  # no spread, no twist: the leg moves in the image plane
        points = forward_kinematics(angles, lengths)
        for hip, knee, foot in ((L_HIP, L_KNEE, L_FOOT), (R_HIP, R_KNEE, R_FOOT)):
            thigh = points[:, knee, :2] - points[:, hip, :2]
            shin = points[:, foot, :2] - points[:, knee, :2]
            assert (thigh[:, 0] * shin[:, 1] - thigh[:, 1] * shin[:, 0] < 0).all()


def test_times_outside_the_motion_are_refused():
    with pytest.raises(ValueError, match='times must lie in'):
        two_keys().sample(np.array([0.5, 1.01]))
