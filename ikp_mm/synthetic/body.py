"""A procedural person: bone lengths, colours, and forward kinematics of the 17 Human3.6M joints.

Nothing here is learned or measured: lengths are fractions of body height taken as round numbers
near common anthropometric tables, and vary per subject.

Convention: body axes are +x to the person's left, +y up, +z forward (the way the person faces).
Camera axes are +X to the right of the image, +Y up, +Z towards the camera. At azimuth 0 both
coincide: the person faces the camera and their left hand is on the right of the image. A positive
azimuth turns the person towards the right of the image. Lengths are in body heights, angles in
radians.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

X, Y, Z = range(3)

# Indices of the joint angles in an angle vector (..., NUM_ANGLES). Limbs hold four angles a side:
# forward raise, sideways raise, twist about the upper bone, and the flexion of elbow or knee.
(AZIMUTH, PITCH, ROLL, SPINE_FLEX, SPINE_SIDE, SPINE_TWIST, NECK_PITCH, NECK_YAW,
 NECK_ROLL) = range(9)
ARM_LEFT, ARM_RIGHT, LEG_LEFT, LEG_RIGHT = 9, 13, 17, 21
RAISE, SPREAD, TWIST, FLEX = range(4)
NUM_ANGLES = 25

# Human3.6M-17, the order of `ikp_mm.skeletons.h36m17`.
ROOT, R_HIP, R_KNEE, R_FOOT, L_HIP, L_KNEE, L_FOOT, SPINE, THORAX, NECK, HEAD = range(11)
L_SHOULDER, L_ELBOW, L_WRIST, R_SHOULDER, R_ELBOW, R_WRIST = range(11, 17)
NUM_JOINTS = 17

# Points that are drawn but are not joints: tips of the hands and shoes, the sides of the waist and
# the middle of the face.
L_HAND, R_HAND, L_TOE, R_TOE, L_WAIST, R_WAIST, FACE = range(17, 24)
NUM_POINTS = 24

# Mean length in body heights, and how much it spreads between subjects (uniform, plus or minus).
_BONE_LENGTHS = {
    'hip': (0.065, 0.15), 'thigh': (0.245, 0.06), 'shin': (0.235, 0.06), 'ankle': (0.045, 0.10),
    'spine': (0.135, 0.08), 'thorax': (0.150, 0.08), 'neck': (0.065, 0.10), 'head': (0.125, 0.08),
    'shoulder': (0.105, 0.14), 'upper_arm': (0.165, 0.07), 'forearm': (0.145, 0.07),
    'hand': (0.045, 0.10), 'foot': (0.085, 0.15), 'waist': (0.075, 0.15)}
BONES = tuple(_BONE_LENGTHS)
_MEAN_LENGTHS, _LENGTH_SPREADS = np.array(list(_BONE_LENGTHS.values())).T

# Body parts with a colour of their own. Pairs are drawn from one distribution for both sides.
COLOR_PAIRS = tuple((f'{part}_l', f'{part}_r')
                    for part in ('upper_arm', 'forearm', 'thigh', 'shin', 'shoe'))
_SINGLE_COLORS = ('chest', 'belly', 'hair')
_DARK_SKIN, _LIGHT_SKIN = np.array([35.0, 55.0, 90.0]), np.array([180.0, 205.0, 245.0])  # BGR


@dataclass(frozen=True)
class Subject:
    """One person.

    Attributes:
        lengths: (len(BONES),) float64 bone lengths in body heights, in the order of ``BONES``;
            'hip', 'shoulder' and 'waist' are half widths.
        build: thickness of limbs and torso relative to an average build, 0.85 to 1.3.
        colors: BGR colour (0 to 255) of each body part.
    """

    lengths: np.ndarray
    build: float
    colors: dict[str, tuple[float, float, float]]

    @property
    def height(self) -> float:
        """Standing height from sole to crown, in body heights (close to 1)."""
        upright = ('thigh', 'shin', 'ankle', 'spine', 'thorax', 'neck', 'head')
        return float(self.lengths[[BONES.index(bone) for bone in upright]].sum())


def draw_subject(rng: np.random.Generator) -> Subject:
    """Draw a subject: proportions, build and colours.

    The colours of left and right are exchangeable: half of the pairs share one, the other half
    draw two from one distribution, and no rule prefers a side.
    """
    lengths = _MEAN_LENGTHS * (1 + _LENGTH_SPREADS * rng.uniform(-1, 1, len(BONES)))
    build = rng.uniform(0.85, 1.3)
    colors = {}
    for left, right in COLOR_PAIRS:
        first, second = _draw_color(rng), _draw_color(rng)
        shared = rng.random() < 0.5
        colors[left], colors[right] = first, first if shared else second
    for part in _SINGLE_COLORS:
        colors[part] = _draw_color(rng)
    skin = _DARK_SKIN + rng.uniform(0, 1) * (_LIGHT_SKIN - _DARK_SKIN)
    colors['skin'] = tuple(float(c) for c in skin)
    return Subject(lengths, build, colors)


def _draw_color(rng: np.random.Generator) -> tuple[float, float, float]:
    """A BGR colour: hue uniform, saturation and value biased towards what clothes look like."""
    hue, saturation, value = rng.uniform(0, 6), rng.uniform(0.1, 0.95), rng.uniform(0.15, 1.0)
    # Closed form of HSV -> RGB, https://en.wikipedia.org/wiki/HSL_and_HSV#HSV_to_RGB_alternative
    k = (np.array([1.0, 3.0, 5.0]) + hue) % 6
    bgr = 255 * value * (1 - saturation * np.clip(np.minimum(k, 4 - k), 0, 1))
    return tuple(float(c) for c in bgr)


def forward_kinematics(angles: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Joint angles to points in camera axes, with the lower foot on the ground.

    Args:
        angles: (..., NUM_ANGLES) radians; elbows and knees bend one way: no negative flexions.
        lengths: (..., len(BONES)) bone lengths, broadcast against ``angles``.

    Returns:
        (..., NUM_POINTS, 3) points (X right, Y up, Z towards the camera) in body heights: the 17
        joints, then the drawn points. The root is at X = Z = 0; Y = 0 is the ground.

    Raises:
        ValueError: a wrong last axis, or an elbow or knee bent backwards.
    """
    if angles.shape[-1] != NUM_ANGLES or lengths.shape[-1] != len(BONES):
        raise ValueError(f'angles must end in {NUM_ANGLES} and lengths in {len(BONES)}, '
                         f'got shapes {angles.shape} and {lengths.shape}')
    limbs = angles[..., ARM_LEFT:].reshape(*angles.shape[:-1], 2, 2, 4)  # arm|leg, left|right
    if limbs[..., FLEX].min() < 0:
        raise ValueError('elbows and knees bend one way: flexion angles must be >= 0, '
                         f'got {limbs[..., FLEX].min():.3f} rad')
    shape = np.broadcast_shapes(angles.shape[:-1], lengths.shape[:-1])
    bone = {name: np.broadcast_to(lengths[..., i], shape) for i, name in enumerate(BONES)}
    points = np.zeros(shape + (NUM_POINTS, 3))

    def attach(point: int, parent: int, frame: np.ndarray, offset: np.ndarray) -> None:
        """Puts a point ``offset`` (..., 3) in the axes of ``frame`` (..., 3, 3) off its parent."""
        points[..., point, :] = points[..., parent, :] + _turn(frame, offset)

    facing = _rotation(Y, angles[..., AZIMUTH])
    pelvis = facing @ _rotation(Z, -angles[..., ROLL]) @ _rotation(X, angles[..., PITCH])
    # The spine bends half below and half above its middle joint.
    half = (_rotation(X, angles[..., SPINE_FLEX] / 2) @ _rotation(Z, -angles[..., SPINE_SIDE] / 2)
            @ _rotation(Y, angles[..., SPINE_TWIST] / 2))
    belly = pelvis @ half
    chest = belly @ half
    skull = (chest @ _rotation(Y, angles[..., NECK_YAW]) @ _rotation(Z, -angles[..., NECK_ROLL])
             @ _rotation(X, angles[..., NECK_PITCH]))
    attach(SPINE, ROOT, belly, _vector(0, bone['spine'], 0))
    attach(THORAX, SPINE, chest, _vector(0, bone['thorax'], 0))
    attach(NECK, THORAX, skull, _vector(0, bone['neck'], 0))
    attach(HEAD, NECK, skull, _vector(0, bone['head'], 0))
    attach(FACE, NECK, skull, _vector(0, 0.42 * bone['head'], 0.3 * bone['head']))

    sides = (
        (0, 1.0, L_HIP, L_KNEE, L_FOOT, L_TOE, L_SHOULDER, L_ELBOW, L_WRIST, L_HAND, L_WAIST),
        (1, -1.0, R_HIP, R_KNEE, R_FOOT, R_TOE, R_SHOULDER, R_ELBOW, R_WRIST, R_HAND, R_WAIST))
    for side, sign, hip, knee, foot, toe, shoulder, elbow, wrist, hand, waist in sides:
        mirror = np.array([sign, 1.0, 1.0])
        attach(hip, ROOT, pelvis, mirror * _vector(bone['hip'], 0, 0))
        attach(waist, SPINE, belly, mirror * _vector(bone['waist'], 0, 0))
        # Shoulders sit a little below the base of the neck.
        attach(shoulder, THORAX, chest, mirror * _vector(bone['shoulder'], -0.012, 0))

        arm = limbs[..., 0, side, :]
        upper = _swing_twist(arm)
        lower = upper @ _rotation(X, -arm[..., FLEX])
        attach(elbow, shoulder, chest, mirror * _down(upper, bone['upper_arm']))
        attach(wrist, elbow, chest, mirror * _down(lower, bone['forearm']))
        attach(hand, wrist, chest, mirror * _down(lower, bone['hand']))

        # Legs are turned against the vertical, not against the pelvis: a bow leaves them standing.
        leg = limbs[..., 1, side, :]
        upper = _swing_twist(leg)
        lower = upper @ _rotation(X, leg[..., FLEX])
        attach(knee, hip, facing, mirror * _down(upper, bone['thigh']))
        attach(foot, knee, facing, mirror * _down(lower, bone['shin']))
        # The shoe points forward in the lower leg's own frame, tilted towards the ground.
        shoe = _turn(lower, _vector(0, -0.6 * bone['ankle'], bone['foot']))
        attach(toe, foot, facing, mirror * shoe)

    lowest = np.minimum(points[..., L_FOOT, 1], points[..., R_FOOT, 1])
    points[..., 1] += (bone['ankle'] - lowest)[..., None]
    return points


def _rotation(axis: int, angle: np.ndarray) -> np.ndarray:
    """(...) radians to (..., 3, 3) about X (turns +y towards +z), Y (+z to +x) or Z (+x to +y)."""
    first, second = (axis + 1) % 3, (axis + 2) % 3
    matrix = np.zeros(angle.shape + (3, 3))
    cos, sin = np.cos(angle), np.sin(angle)
    matrix[..., first, first] = matrix[..., second, second] = cos
    matrix[..., second, first], matrix[..., first, second] = sin, -sin
    matrix[..., axis, axis] = 1
    return matrix


def _swing_twist(limb: np.ndarray) -> np.ndarray:
    """(..., 4) limb angles to the rotation (..., 3, 3) of its upper bone, as of a left limb.

    The swing is the rotation vector (-raise, 0, spread), by Rodrigues' formula
    R = I + sin(a)/a W + (1 - cos(a))/a^2 W^2 with a its length: raising forwards and sideways then
    mix smoothly, without the gimbal lock of Euler angles. The twist about the bone comes first.
    """
    forward, sideways = -limb[..., RAISE], limb[..., SPREAD]
    angle = np.maximum(np.hypot(forward, sideways), 1e-9)
    cross = np.zeros(limb.shape[:-1] + (3, 3))
    cross[..., 0, 1], cross[..., 1, 0] = -sideways, sideways
    cross[..., 1, 2], cross[..., 2, 1] = -forward, forward
    swing = (np.eye(3) + (np.sin(angle) / angle)[..., None, None] * cross
             + ((1 - np.cos(angle)) / angle ** 2)[..., None, None] * (cross @ cross))
    return swing @ _rotation(Y, limb[..., TWIST])


def _turn(rotation: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """(..., 3, 3) times (..., 3)."""
    return (rotation @ vector[..., None])[..., 0]


def _vector(*components: np.ndarray | float) -> np.ndarray:
    """x, y, z of shape (...), or numbers, to (..., 3)."""
    return np.stack(np.broadcast_arrays(*components), -1)


def _down(rotation: np.ndarray, length: np.ndarray) -> np.ndarray:
    """A bone of ``length`` that hangs along -y before ``rotation``: (..., 3)."""
    return -rotation[..., 1] * length[..., None]
