"""Forward kinematics against positions worked out by hand, and what left and right must share."""
import numpy as np
import pytest

from ikp_mm.synthetic.body import (
    ARM_LEFT, ARM_RIGHT, AZIMUTH, BONES, COLOR_PAIRS, FACE, FLEX, HEAD, L_ELBOW, L_FOOT, L_HIP,
    L_KNEE, L_SHOULDER, L_WRIST, LEG_LEFT, LEG_RIGHT, NECK, NUM_ANGLES, NUM_POINTS, PITCH, R_ELBOW,
    R_FOOT, R_HIP, R_KNEE, R_SHOULDER, R_WRIST, RAISE, ROOT, SPINE, SPINE_SIDE, SPREAD, THORAX,
    TWIST, draw_subject, forward_kinematics)

RIGHT_ANGLE = np.pi / 2
# Round lengths, so that every position can be added up in the head.
LENGTHS = dict(hip=0.1, thigh=0.3, shin=0.2, ankle=0.05, spine=0.1, thorax=0.2, neck=0.1, head=0.1,
               shoulder=0.15, upper_arm=0.2, forearm=0.1, hand=0.05, foot=0.1, waist=0.1)
SHOULDER_DROP = 0.012


def pose(**angles: float) -> np.ndarray:
    """Points (P, 3) with the angles given by name ('ARM_LEFT_RAISE=...') and all others zero."""
    index = {'AZIMUTH': AZIMUTH, 'PITCH': PITCH, 'SPINE_SIDE': SPINE_SIDE}
    for limb, start in dict(ARM_LEFT=ARM_LEFT, ARM_RIGHT=ARM_RIGHT, LEG_LEFT=LEG_LEFT,
                            LEG_RIGHT=LEG_RIGHT).items():
        for angle, offset in dict(RAISE=RAISE, SPREAD=SPREAD, TWIST=TWIST, FLEX=FLEX).items():
            index[f'{limb}_{angle}'] = start + offset
    vector = np.zeros(NUM_ANGLES)
    for name, value in angles.items():
        vector[index[name]] = value
    return forward_kinematics(vector, np.array([LENGTHS[bone] for bone in BONES]))


def test_upright_body_is_the_sum_of_its_bones():
    points = pose()
    hip_height = 0.05 + 0.2 + 0.3
    expected = {
        ROOT: (0, hip_height, 0), L_HIP: (0.1, hip_height, 0), R_HIP: (-0.1, hip_height, 0),
        L_KNEE: (0.1, 0.25, 0), R_FOOT: (-0.1, 0.05, 0), SPINE: (0, 0.65, 0),
        THORAX: (0, 0.85, 0), NECK: (0, 0.95, 0), HEAD: (0, 1.05, 0),
        L_SHOULDER: (0.15, 0.85 - SHOULDER_DROP, 0), L_ELBOW: (0.15, 0.65 - SHOULDER_DROP, 0),
        R_WRIST: (-0.15, 0.55 - SHOULDER_DROP, 0)}
    for joint, position in expected.items():
        np.testing.assert_allclose(points[joint], position, atol=1e-12, err_msg=str(joint))
    assert points[FACE, 2] > 0  # faces the camera


def test_azimuth_turns_towards_the_right_of_the_image():
    points = pose(AZIMUTH=RIGHT_ANGLE)
    assert points[FACE, 0] > 0 and abs(points[FACE, 2]) < 1e-9
    np.testing.assert_allclose(points[L_SHOULDER] - points[THORAX], [0, -SHOULDER_DROP, -0.15],
                               atol=1e-9)


def test_arms_raise_forwards_and_spread_outwards():
    raised = pose(ARM_LEFT_RAISE=RIGHT_ANGLE, ARM_RIGHT_SPREAD=RIGHT_ANGLE)
    np.testing.assert_allclose(raised[L_ELBOW] - raised[L_SHOULDER], [0, 0, 0.2], atol=1e-9)
    np.testing.assert_allclose(raised[R_ELBOW] - raised[R_SHOULDER], [-0.2, 0, 0], atol=1e-9)


def test_elbow_bends_forwards_and_twist_lifts_the_hand_of_a_spread_arm():
    bent = pose(ARM_LEFT_FLEX=RIGHT_ANGLE, ARM_RIGHT_SPREAD=RIGHT_ANGLE,
                ARM_RIGHT_TWIST=RIGHT_ANGLE, ARM_RIGHT_FLEX=RIGHT_ANGLE)
    np.testing.assert_allclose(bent[L_WRIST] - bent[L_ELBOW], [0, 0, 0.1], atol=1e-9)
    np.testing.assert_allclose(bent[R_WRIST] - bent[R_ELBOW], [0, 0.1, 0], atol=1e-9)


def test_knee_bends_backwards_and_the_lower_foot_stands_on_the_ground():
    points = pose(LEG_LEFT_RAISE=RIGHT_ANGLE, LEG_LEFT_FLEX=RIGHT_ANGLE)
    np.testing.assert_allclose(points[L_KNEE] - points[L_HIP], [0, 0, 0.3], atol=1e-9)
    np.testing.assert_allclose(points[L_FOOT] - points[L_KNEE], [0, -0.2, 0], atol=1e-9)
    np.testing.assert_allclose(points[R_FOOT], [-0.1, 0.05, 0], atol=1e-9)
    behind = pose(LEG_RIGHT_FLEX=RIGHT_ANGLE)
    np.testing.assert_allclose(behind[R_FOOT] - behind[R_KNEE], [0, 0, -0.2], atol=1e-9)
    # Both feet off their straight length: the hips sink by thigh + shin - what is left.
    crouch = pose(LEG_LEFT_RAISE=RIGHT_ANGLE, LEG_LEFT_FLEX=RIGHT_ANGLE,
                  LEG_RIGHT_RAISE=RIGHT_ANGLE, LEG_RIGHT_FLEX=RIGHT_ANGLE)
    assert crouch[ROOT, 1] == pytest.approx(0.05 + 0.2)


def test_bow_moves_the_trunk_and_leaves_the_legs_standing():
    points = pose(PITCH=RIGHT_ANGLE)
    np.testing.assert_allclose(points[THORAX] - points[ROOT], [0, 0, 0.3], atol=1e-9)
    np.testing.assert_allclose(points[L_FOOT] - points[L_HIP], [0, -0.5, 0], atol=1e-9)


def test_side_lean_towards_the_left_is_half_below_and_half_above_the_spine():
    points = pose(SPINE_SIDE=RIGHT_ANGLE)
    half = np.sqrt(0.5)
    np.testing.assert_allclose(points[SPINE] - points[ROOT], [0.1 * half, 0.1 * half, 0],
                               atol=1e-9)
    np.testing.assert_allclose(points[THORAX] - points[SPINE], [0.2, 0, 0], atol=1e-9)


def test_swapped_limb_angles_give_the_mirror_image():
    rng = np.random.default_rng(0)
    limbs = rng.uniform(0, 1, (2, 2, 4))  # arm|leg, left|right
    angles = np.concatenate([np.zeros(9), limbs.ravel()])
    mirrored = np.concatenate([np.zeros(9), limbs[:, ::-1].ravel()])
    lengths = np.array([LENGTHS[bone] for bone in BONES])
    points, mirror = forward_kinematics(angles, lengths), forward_kinematics(mirrored, lengths)
    for left, right in ((L_ELBOW, R_ELBOW), (L_WRIST, R_WRIST), (L_KNEE, R_KNEE),
                        (L_FOOT, R_FOOT)):
        np.testing.assert_allclose(points[left] * [-1, 1, 1], mirror[right], atol=1e-12)


def test_bones_keep_their_lengths_in_any_pose():
    rng = np.random.default_rng(1)
    angles = rng.uniform(-1, 1, (50, NUM_ANGLES))
    angles[:, [ARM_LEFT + FLEX, ARM_RIGHT + FLEX, LEG_LEFT + FLEX, LEG_RIGHT + FLEX]] **= 2
    points = forward_kinematics(angles, np.array([LENGTHS[bone] for bone in BONES]))
    assert points.shape == (50, NUM_POINTS, 3)
    for a, b, bone in ((L_SHOULDER, L_ELBOW, 'upper_arm'), (R_ELBOW, R_WRIST, 'forearm'),
                       (L_HIP, L_KNEE, 'thigh'), (R_KNEE, R_FOOT, 'shin'),
                       (SPINE, THORAX, 'thorax'), (NECK, HEAD, 'head')):
        found = np.linalg.norm(points[:, a] - points[:, b], axis=-1)
        np.testing.assert_allclose(found, LENGTHS[bone], atol=1e-9)
    lower = np.minimum(points[:, L_FOOT, 1], points[:, R_FOOT, 1])
    np.testing.assert_allclose(lower, LENGTHS['ankle'], atol=1e-9)


def test_backward_knee_and_wrong_shapes_are_refused():
    with pytest.raises(ValueError, match='one way'):
        pose(LEG_LEFT_FLEX=-0.1)
    with pytest.raises(ValueError, match='must end in'):
        forward_kinematics(np.zeros(NUM_ANGLES - 1), np.ones(len(BONES)))


def test_subjects_differ_and_stand_about_one_unit_tall():
    subjects = [draw_subject(np.random.default_rng(seed)) for seed in range(30)]
    heights = [subject.height for subject in subjects]
    assert 0.9 < min(heights) and max(heights) < 1.1
    assert len({subject.colors['chest'] for subject in subjects}) == 30


def test_left_and_right_colors_are_alike_in_distribution():
    subjects = [draw_subject(np.random.default_rng(seed)) for seed in range(400)]
    shared, difference = [], []
    for left, right in COLOR_PAIRS:
        a = np.array([subject.colors[left] for subject in subjects])
        b = np.array([subject.colors[right] for subject in subjects])
        shared.append((a == b).all(1).mean())
        difference.append((a - b).mean(0))
    # Half of the pairs share a colour: 400 draws have a standard error of 0.025.
    np.testing.assert_allclose(shared, 0.5, atol=0.1)
    # Colours spread by about 70 levels, half the pairs differ: the mean difference has a standard
    # error of 70 sqrt(2 * 0.5 / 400) = 3.5.
    np.testing.assert_allclose(difference, 0, atol=14)
