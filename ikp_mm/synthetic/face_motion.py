"""Motion of a talking head: turns, syllables, expressions, blinks and a drifting crop.

A `FaceMotion` is a closed function of time. Slow channels move from one key value to the next along
the smoothstep 3u^2 - 2u^3; syllables and blinks are laid on top of them.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .face_model import EXPRESSION_MODES

# Channels: head angles (radians), shift of the crop (frame sides), log of the zoom, gaze within the
# eye (-1 to 1, 1 is the subject's left and up), loudness (0 to 1), then the expressions.
YAW, PITCH, ROLL, PLACE_X, PLACE_Y, ZOOM, GAZE_X, GAZE_Y, LOUDNESS = range(9)
EXPRESSION = 9
NUM_CHANNELS = EXPRESSION + len(EXPRESSION_MODES)
PITCH_LIMIT = ROLL_LIMIT = np.radians(15)
_MODE = {name: EXPRESSION + i for i, name in enumerate(EXPRESSION_MODES)}
_BLINK_SECONDS = 0.16  # from open to shut


@dataclass(frozen=True)
class FaceMotion:
    """A motion as key values and what is laid on top of them.

    Attributes:
        times: (J + 1,) seconds; segment j runs from ``times[j]`` to ``times[j + 1]``.
        keys: (J + 1, NUM_CHANNELS) value of each channel at each time.
        syllables: (n, 4) frequency (Hz), phase (radians), how much it opens the jaw, and how much
            it rounds the lips.
        blinks: (m, 3) time (seconds) at which both eyes are shut, and how far the right and the
            left one shut then.
    """

    times: np.ndarray
    keys: np.ndarray
    syllables: np.ndarray
    blinks: np.ndarray

    def sample(self, times: np.ndarray) -> np.ndarray:
        """Channel values at ``times``.

        Args:
            times: (T,) seconds within the motion.

        Returns:
            (T, NUM_CHANNELS).

        Raises:
            ValueError: a time outside the motion.
        """
        if times.min() < self.times[0] or times.max() > self.times[-1]:
            raise ValueError(f'times must lie in [{self.times[0]}, {self.times[-1]}] s, '
                             f'got {times.min()} to {times.max()}')
        segment = np.minimum(np.searchsorted(self.times, times, 'right') - 1, len(self.times) - 2)
        u = (times - self.times[segment]) / np.diff(self.times)[segment]  # (T,) in [0, 1]
        done = (u * u * (3 - 2 * u))[:, None]
        values = self.keys[segment] + done * np.diff(self.keys, axis=0)[segment]  # (T, C)

        rate, phase, opens, rounds = self.syllables.T
        beat = np.sin(2 * np.pi * rate * times[:, None] + phase)  # (T, n)
        loudness = values[:, LOUDNESS]
        values[:, _MODE['jaw_open']] += loudness * np.maximum(0.25 + beat @ opens, 0)
        values[:, _MODE['pucker']] += loudness * np.maximum(beat @ rounds, 0)
        away = np.abs(times[:, None] - self.blinks[:, 0]) / _BLINK_SECONDS
        shut = np.clip(1 - away, 0, 1)[..., None] * self.blinks[:, 1:]  # (T, m, 2)
        for side, name in enumerate(('blink_right', 'blink_left')):
            values[:, _MODE[name]] = np.maximum(values[:, _MODE[name]], shut[..., side].max(1))
        return values


def draw_face_motion(rng: np.random.Generator, duration: float, yaw_deg: tuple[float, float]
                     ) -> FaceMotion:
    """Draw the motion of one clip.

    Args:
        rng: the only source of chance.
        duration: seconds it must last.
        yaw_deg: lowest and highest yaw of the head, degrees.
    """
    times = [0.0]
    while times[-1] < duration:
        times.append(times[-1] + rng.uniform(0.5, 1.3))
    mood, talkative = rng.uniform(-0.2, 0.6), rng.uniform(0.35, 1.0)
    keys = np.stack([_draw_key(rng, yaw_deg, mood, talkative) for _ in times])
    count = 3
    syllables = np.stack([rng.uniform(1.2, 4.5, count), rng.uniform(0, 2 * np.pi, count),
                          rng.uniform(0.1, 0.3, count), rng.uniform(0, 0.25, count)], 1)
    return FaceMotion(np.array(times), keys, syllables, _draw_blinks(rng, times[-1]))


def _draw_key(rng: np.random.Generator, yaw_deg: tuple[float, float], mood: float,
              talkative: float) -> np.ndarray:
    """One key (NUM_CHANNELS,)."""
    key = np.zeros(NUM_CHANNELS)
    low, high = np.radians(yaw_deg)
    key[YAW] = low + (high - low) * rng.beta(1.6, 1.6)  # a little more often in the middle
    key[PITCH] = np.clip(np.radians(rng.normal(0, 6.5)), -PITCH_LIMIT, PITCH_LIMIT)
    key[ROLL] = np.clip(np.radians(rng.normal(0, 6)), -ROLL_LIMIT, ROLL_LIMIT)
    key[[PLACE_X, PLACE_Y]] = rng.uniform(-0.035, 0.035, 2)
    key[ZOOM] = rng.uniform(-0.05, 0.05)
    key[[GAZE_X, GAZE_Y]] = rng.uniform(-1, 1, 2) * (1, 0.5)
    key[LOUDNESS] = talkative * rng.uniform(0, 1)
    key[_MODE['smile']] = np.clip(mood + rng.normal(0, 0.3), -0.35, 1)
    key[_MODE['lip_raise']] = np.clip(rng.normal(0, 0.3), 0, 1)
    key[_MODE['brow_raise']] = np.clip(rng.normal(0, 0.45), -0.2, 1)
    key[_MODE['frown']] = np.clip(rng.normal(0, 0.4), 0, 1)
    squint = np.clip(rng.normal(0, 0.15), 0, 0.35)
    key[_MODE['blink_right']] = key[_MODE['blink_left']] = squint
    return key


def _draw_blinks(rng: np.random.Generator, duration: float) -> np.ndarray:
    """(m, 3) blinks every one to three seconds; one in six is a wink."""
    blinks = [(rng.uniform(0, 2), 1.0, 1.0)]
    while blinks[-1][0] < duration:
        shut = (1.0, 1.0)
        if rng.random() < 1 / 6:
            shut = (1.0, 0.0) if rng.random() < 0.5 else (0.0, 1.0)
        blinks.append((blinks[-1][0] + rng.uniform(1, 3), *shut))
    return np.array(blinks)
