"""Procedural human motion: key postures in random order, joined by smooth moves, a gait on top.

A `Motion` is a closed function of time. Every channel (a joint angle, the place in the frame, ...)
moves from one key value to the next along the minimum-jerk curve 10u^3 - 15u^4 + 6u^5 and then
rests, so motions can be sampled at any times without integration. Walking legs and waving hands
are oscillations whose amplitude is itself such a channel.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .body import (ARM_LEFT, ARM_RIGHT, AZIMUTH, FLEX, LEG_LEFT, LEG_RIGHT, NECK_PITCH, NECK_ROLL,
                   NECK_YAW, NUM_ANGLES, PITCH, RAISE, ROLL, SPINE_FLEX, SPINE_SIDE, SPINE_TWIST,
                   SPREAD, TWIST)

# Channels after the joint angles: place across the frame (frame sides), log of the zoom, and the
# waving amplitude of either forearm (radians).
PLACE, ZOOM, WAVE_LEFT, WAVE_RIGHT = range(NUM_ANGLES, NUM_ANGLES + 4)
NUM_CHANNELS = NUM_ANGLES + 4

# Channels that must hold only values >= 0.
_HINGES = [limb + FLEX for limb in (ARM_LEFT, ARM_RIGHT, LEG_LEFT, LEG_RIGHT)]
_STRIDE = 0.75  # distance walked per full gait cycle (two steps), in body heights

# (raise, spread, twist, flex) in degrees and the spread of each, for one arm.
_ARM_POSTURES = {
    'down': ((4, 8, 0, 16), (9, 5, 12, 12)),
    'loose': ((15, 16, 0, 40), (14, 10, 20, 22)),
    'overhead': ((120, 100, 0, 22), (18, 18, 20, 18)),
    'diagonal': ((20, 128, 20, 15), (15, 16, 30, 14)),
    'side': ((5, 84, 0, 12), (14, 13, 30, 12)),
    'forward': ((82, 12, 0, 18), (18, 14, 25, 16)),
    'wave': ((15, 90, 80, 75), (12, 22, 14, 22)),
    'hip': ((-18, 42, -55, 92), (8, 8, 12, 12)),
    'head': ((25, 88, 85, 128), (12, 14, 12, 10)),
    'folded': ((28, 10, -58, 98), (10, 7, 12, 12)),
    'chin': ((48, 10, -12, 132), (12, 8, 12, 8)),
}
_QUIET, _ACTIVE = ('down', 'loose'), tuple(_ARM_POSTURES)[2:]
# Extremes of (raise, spread, twist, flex) in degrees that an arm and a leg may take.
_ARM_LIMITS = np.radians([[-35, -5, -75, 2], [165, 165, 105, 140]])
_LEG_LIMITS = np.radians([[-35, -5, -30, 2], [105, 60, 40, 145]])
_LIMB_LIMITS = np.concatenate([_ARM_LIMITS, _ARM_LIMITS, _LEG_LIMITS, _LEG_LIMITS], 1)  # (2, 16)
_BODY_POSTURES = ('stand', 'wide', 'bow', 'deep_bow', 'lean', 'crouch', 'lunge', 'knee_up',
                  'side_kick', 'twist')


@dataclass(frozen=True)
class Motion:
    """A motion as key values and what oscillates on top of them.

    Attributes:
        times: (J + 1,) seconds; segment j runs from ``times[j]`` to ``times[j + 1]``.
        keys: (J + 1, NUM_CHANNELS) value of each channel at each time.
        turn_share: part of a segment that a turn of the whole body takes; the rest of the channels
            use ``move_share``, the walk the whole segment.
        swing: gait amplitude factor of this walker.
        phase: phase of gait and waving at time 0, radians.
        wave_rate: waving frequency, Hz.
    """

    times: np.ndarray
    keys: np.ndarray
    turn_share: float
    move_share: float
    swing: float
    phase: float
    wave_rate: float

    def sample(self, times: np.ndarray) -> np.ndarray:
        """Channel values at ``times``.

        Args:
            times: (T,) seconds within the motion.

        Returns:
            (T, NUM_CHANNELS): angles in radians, PLACE in frame sides, ZOOM as a logarithm.

        Raises:
            ValueError: a time outside the motion.
        """
        if times.min() < self.times[0] or times.max() > self.times[-1]:
            raise ValueError(f'times must lie in [{self.times[0]}, {self.times[-1]}] s, '
                             f'got {times.min()} to {times.max()}')
        segment = np.minimum(np.searchsorted(self.times, times, 'right') - 1, len(self.times) - 2)
        duration = np.diff(self.times)[segment]
        progress = (times - self.times[segment]) / duration  # (T,) in [0, 1]

        done = np.repeat(_ease(progress / self.move_share)[:, None], NUM_CHANNELS, 1)  # (T, C)
        done[:, AZIMUTH] = _ease(progress / self.turn_share)
        done[:, PLACE] = done[:, ZOOM] = _ease(progress)
        start, change = self.keys[segment], np.diff(self.keys, axis=0)[segment]
        values = start + done * change  # (T, C)

        self._walk(values, segment, progress, duration)
        swing = np.sin(self.phase + 2 * np.pi * self.wave_rate * times)
        for limb, wave in ((ARM_LEFT, WAVE_LEFT), (ARM_RIGHT, WAVE_RIGHT)):
            values[:, limb + TWIST] += values[:, wave] * swing
        values[:, _HINGES] = np.maximum(values[:, _HINGES], 0.03)
        return values

    def _walk(self, values: np.ndarray, segment: np.ndarray, progress: np.ndarray,
              duration: np.ndarray) -> None:
        """Adds the gait of who walks the way PLACE moves to ``values`` (T, C), in place."""
        # Walking obliquely to the image covers more ground than the frame shows; a frame side is
        # about 1.4 body heights.
        steps = np.abs(np.diff(self.keys[:, PLACE]))
        sine = np.abs(np.sin(self.keys[1:, AZIMUTH]))
        ground = 1.4 * steps / np.maximum(sine, 0.5)  # (J,) body heights
        before = np.concatenate([[0.0], np.cumsum(ground)])
        walked = before[segment] + ground[segment] * _ease(progress)
        speed = ground[segment] / duration * (progress * (1 - progress)) ** 2 * 16
        vigour = self.swing * np.tanh(speed / 0.25)  # (T,) 0 at rest, 1 in a brisk walk
        phase = self.phase + 2 * np.pi * walked / _STRIDE
        for leg, arm, shift in ((LEG_LEFT, ARM_LEFT, 0.0), (LEG_RIGHT, ARM_RIGHT, np.pi)):
            wave, swing_leg = np.sin(phase + shift), np.cos(phase + shift)
            values[:, leg + RAISE] += vigour * (0.12 + 0.46 * wave)
            # The knee bends most while the leg swings forward, and a little under load.
            values[:, leg + FLEX] += vigour * (0.18 + 0.8 * np.maximum(swing_leg, 0) ** 2)
            # An arm that hangs swings against its leg; a raised one does not.
            raised = np.hypot(values[:, arm + RAISE], values[:, arm + SPREAD])
            hanging = np.exp(-(raised / 0.7) ** 2)
            values[:, arm + RAISE] -= vigour * hanging * 0.42 * wave
            values[:, arm + FLEX] += vigour * hanging * 0.25 * (1 - wave)
        values[:, SPINE_TWIST] += vigour * 0.12 * np.sin(phase)


def draw_motion(rng: np.random.Generator, duration: float, azimuth_deg: tuple[float, float]
                ) -> Motion:
    """Draw a motion of one person: a walk to and fro across a part of the frame with gestures.

    Args:
        rng: the only source of chance.
        duration: seconds that the motion must cover.
        azimuth_deg: lowest and highest azimuth, degrees; a range of 360 or more turns freely.

    Returns:
        A `Motion` that starts at 0 s and lasts at least ``duration``.
    """
    style = {
        'liveliness': rng.uniform(0.25, 0.95),  # chance that an arm does something
        'acrobatics': rng.uniform(0.1, 0.75),  # chance that the body does more than stand
        'symmetry': rng.uniform(0.1, 0.7),  # chance that the right arm does as the left
        'reach': rng.uniform(0.14, 0.28),  # half range across the frame, in frame sides
    }
    times, keys = [0.0], [_draw_key(rng, style, azimuth_deg, None)]
    while times[-1] < duration:
        times.append(times[-1] + rng.uniform(0.75, 1.5))
        keys.append(_draw_key(rng, style, azimuth_deg, keys[-1]))
    return Motion(np.array(times), np.stack(keys), turn_share=rng.uniform(0.35, 0.6),
                  move_share=rng.uniform(0.6, 1.0), swing=rng.uniform(0.7, 1.15),
                  phase=rng.uniform(0, 2 * np.pi), wave_rate=rng.uniform(0.8, 1.8))


def _draw_key(rng: np.random.Generator, style: dict[str, float], azimuth_deg: tuple[float, float],
              before: np.ndarray | None) -> np.ndarray:
    """One key posture (NUM_CHANNELS,), given the one before it."""
    key = np.zeros(NUM_CHANNELS)
    _draw_place(rng, style, azimuth_deg, before, key)
    _draw_body(rng, style, key)
    _draw_arms(rng, style, key)
    key[NECK_PITCH] = np.radians(rng.normal(2, 8)) - 0.3 * (key[PITCH] + key[SPINE_FLEX])
    key[NECK_YAW] = np.radians(np.clip(rng.normal(0, 18), -50, 50))
    key[NECK_ROLL] = np.radians(np.clip(rng.normal(0, 6), -15, 15))
    key[ARM_LEFT:NUM_ANGLES] = np.clip(key[ARM_LEFT:NUM_ANGLES], *_LIMB_LIMITS)
    return key


def _draw_place(rng: np.random.Generator, style: dict[str, float],
                azimuth_deg: tuple[float, float], before: np.ndarray | None, key: np.ndarray
                ) -> None:
    """Where the person goes next and which way they face."""
    low, high = np.radians(azimuth_deg)
    key[ZOOM] = rng.uniform(-0.08, 0.08)
    key[AZIMUTH] = rng.uniform(low, high)
    if before is None:
        key[PLACE] = style['reach'] * rng.uniform(-1, 1)
        return
    if rng.random() < 0.1:
        key[PLACE] = before[PLACE]
    elif rng.random() < 0.8:  # mostly to the other side, so that the background comes into view
        key[PLACE] = -np.sign(before[PLACE]) * style['reach'] * rng.uniform(0.45, 1)
    else:
        key[PLACE] = style['reach'] * rng.uniform(-1, 1)
    # People mostly face the way they walk.
    way = np.sign(key[PLACE] - before[PLACE])
    for _ in range(4):
        if way == 0 or rng.random() < 0.2 or np.sin(key[AZIMUTH]) * way > 0:
            break
        key[AZIMUTH] = rng.uniform(low, high)
    if high - low >= 2 * np.pi - 1e-9:  # turn the shorter way round
        key[AZIMUTH] += 2 * np.pi * np.round((before[AZIMUTH] - key[AZIMUTH]) / (2 * np.pi))


def _draw_body(rng: np.random.Generator, style: dict[str, float], key: np.ndarray) -> None:
    """Trunk and legs of a key posture."""
    def degrees(low: float, high: float) -> float:
        return np.radians(rng.uniform(low, high))

    key[PITCH], key[SPINE_FLEX] = degrees(-2, 6), degrees(-4, 10)
    key[SPINE_SIDE], key[SPINE_TWIST], key[ROLL] = degrees(-5, 5), degrees(-12, 12), degrees(-3, 3)
    for leg in (LEG_LEFT, LEG_RIGHT):
        key[leg + RAISE], key[leg + SPREAD] = degrees(-4, 6), degrees(2, 8)
        key[leg + TWIST], key[leg + FLEX] = degrees(0, 15), degrees(2, 9)
    posture = 'stand'
    if rng.random() < style['acrobatics']:
        posture = _BODY_POSTURES[rng.integers(len(_BODY_POSTURES))]
    legs = (LEG_LEFT, LEG_RIGHT) if rng.random() < 0.5 else (LEG_RIGHT, LEG_LEFT)
    if posture == 'wide':
        for leg in legs:
            key[leg + SPREAD] = degrees(14, 28)
    elif posture == 'bow':
        key[PITCH], key[SPINE_FLEX] = degrees(12, 32), degrees(10, 30)
    elif posture == 'deep_bow':
        key[PITCH], key[SPINE_FLEX] = degrees(35, 65), degrees(20, 45)
    elif posture == 'lean':
        side = -1 if rng.random() < 0.5 else 1
        key[SPINE_SIDE], key[ROLL] = side * degrees(15, 38), side * degrees(3, 14)
        for leg in legs:
            key[leg + SPREAD] += degrees(0, 14)
    elif posture == 'crouch':
        depth = degrees(25, 72)
        for leg in legs:
            key[leg + RAISE] = depth + degrees(-4, 4)
            key[leg + FLEX] = 2 * depth + degrees(-10, 5)  # keeps the feet under the hips
            key[leg + SPREAD] = degrees(4, 28)
        key[PITCH] = depth * rng.uniform(0.1, 0.6)
    elif posture == 'lunge':
        front, back = legs
        key[front + RAISE] = degrees(25, 60)
        key[front + FLEX] = key[front + RAISE] * rng.uniform(0.8, 1.3)
        key[back + RAISE], key[back + FLEX] = degrees(-32, -12), degrees(5, 30)
    elif posture == 'knee_up':
        key[legs[0] + RAISE], key[legs[0] + FLEX] = degrees(50, 100), degrees(40, 110)
    elif posture == 'side_kick':
        key[legs[0] + SPREAD], key[legs[0] + FLEX] = degrees(22, 55), degrees(3, 20)
    elif posture == 'twist':
        key[SPINE_TWIST] = degrees(18, 42) * (-1 if rng.random() < 0.5 else 1)


def _draw_arms(rng: np.random.Generator, style: dict[str, float], key: np.ndarray) -> None:
    """Both arms of a key posture; the right one sometimes mirrors the left one."""
    names = []
    for _ in range(2):
        pool = _ACTIVE if rng.random() < style['liveliness'] else _QUIET
        names.append(pool[rng.integers(len(pool))])
    if rng.random() < style['symmetry']:
        names[0] = names[1]
    for arm, wave, name in zip((ARM_LEFT, ARM_RIGHT), (WAVE_LEFT, WAVE_RIGHT), names):
        mean, spread = _ARM_POSTURES[name]
        draws = np.clip(rng.normal(size=4), -2, 2)
        key[arm:arm + 4] = np.radians(np.array(mean) + np.array(spread) * draws)
        if name == 'wave':
            key[wave] = np.radians(rng.uniform(0, 45))
    if key[PITCH] > 0.5:  # whoever bows deeply reaches down rather than back
        for arm in (ARM_LEFT, ARM_RIGHT):
            key[arm + RAISE] += 0.8 * key[PITCH]


def _ease(progress: np.ndarray) -> np.ndarray:
    """Minimum-jerk curve from 0 to 1; constant outside [0, 1]."""
    u = np.clip(progress, 0, 1)
    return u ** 3 * (10 + u * (6 * u - 15))
