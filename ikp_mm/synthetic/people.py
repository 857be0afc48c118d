"""Synthetic people: clips to learn from, and unpaired poses for the prior.

Each clip shows one person who walks across a part of the frame, gestures, turns, bends and crouches
before a static textured background. Everything is drawn from seeds; no file is read.

Convention: frame coordinates are x / W in [0, 1] of MMPose pixel coordinates (pixel centres at
integers, (x, y), y down).
"""
from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from mmpose.registry import DATASETS

from .body import NUM_ANGLES, NUM_JOINTS, Subject, draw_subject, forward_kinematics
from .camera import draw_camera, project
from .drawing import draw_background, draw_figure
from .motion import PLACE, ZOOM, draw_motion
from .rendered_clips import RenderedClips, check_seed, clip_rng

_BODY, _MOTION, _CAMERA, _SCENE, _CHOICE = range(5)  # independent streams of one clip

_PRIOR_CLIP_FRAMES = 24  # as SyntheticClips by default, so that prior and clips have one distribution
_POSES_PER_PRIOR_CLIP = 8


def generate_poses(seed: int, num_poses: int, azimuth_deg: tuple[float, float] = (-60, 60)) -> np.ndarray:
    """Draw poses of people who appear in no clip, for the pose prior.

    Args:
        seed: 0 to 2**32 - 1; the prior shares no stream with clips of the same seed.
        num_poses: N.
        azimuth_deg: as in `SyntheticClips`.

    Returns:
        (N, 17, 2) float32 frame coordinates in [0, 1], in the joint order of ``H36M17``. Poses are
        independent up to groups of 8 that show one person in one motion.

    Raises:
        ValueError: ``num_poses`` < 1, a seed out of range or an empty azimuth range.
    """
    if num_poses < 1:
        raise ValueError(f'num_poses must be at least 1, got {num_poses}')
    num_clips = -(-num_poses // _POSES_PER_PRIOR_CLIP)
    _, points, _ = _simulate(seed, 'prior', num_clips, _PRIOR_CLIP_FRAMES, azimuth_deg)
    shuffled = clip_rng(seed, 'prior', 0, _CHOICE).random((num_clips, _PRIOR_CLIP_FRAMES)).argsort(1)
    order = shuffled[:, :_POSES_PER_PRIOR_CLIP]
    poses = np.take_along_axis(points[:, :, :NUM_JOINTS, :2], order[..., None, None], 1)
    return poses.reshape(-1, NUM_JOINTS, 2)[:num_poses].astype(np.float32)


@DATASETS.register_module()
class SyntheticClips(RenderedClips):
    """Clips of synthetic people.

    A clip depends on ``seed``, ``split``, its index and the other settings, never on how many clips
    there are.

    Args:
        seed: 0 to 2**32 - 1.
        num_clips: number of clips; each shows a person of its own.
        frames_per_clip: T, frames of a clip, 0.16 to 0.26 s apart.
        image_size: W = H in pixels.
        azimuth_deg: lowest and highest azimuth of the body, degrees; 0 faces the camera, positive
            turns towards the right of the image. (-180, 180) turns freely.
        split: 'train', 'prior', 'val' or 'test'; splits share no subject and no motion.

    Raises:
        ValueError: a setting out of range, named.
    """

    def __init__(self, seed: int = 0, num_clips: int = 160, frames_per_clip: int = 24, image_size: int = 64,
                 azimuth_deg: Sequence[float] = (-60., 60.), split: str = 'train') -> None:
        for key, value in (('num_clips', num_clips), ('frames_per_clip', frames_per_clip)):
            if value < 1:
                raise ValueError(f'{key} must be at least 1, got {value}')
        self.seed, self.split = seed, split
        self._subjects, self._points, self._scales = _simulate(
            seed, split, num_clips, frames_per_clip, tuple(azimuth_deg))
        super().__init__(self._points[:, :, :NUM_JOINTS, :2], image_size, f'{split}_{seed}')

    def _render(self, i: int) -> tuple[np.ndarray, np.ndarray]:
        size = self.image_size
        # Drawn larger and averaged down: OpenCV's anti-aliasing alone leaves limbs of 3 px uneven.
        over = max(1, round(192 / size))
        scene = draw_background(clip_rng(self.seed, self.split, i, _SCENE), over * size)
        points = self._points[i]
        # Pixel centres at integers: x of the small image lies at over * x + (over - 1) / 2 of the large one.
        pixels = points[..., :2] * (size * over) + (over - 1) / 2
        frames = np.empty((len(points), size, size, 3), np.uint8)
        for t in range(len(points)):
            image = scene.copy()
            draw_figure(image, pixels[t], points[t, :, 2], self._scales[i][t] * over * size, self._subjects[i])
            frames[t] = cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)
        return frames, cv2.resize(scene, (size, size), interpolation=cv2.INTER_AREA)


def _simulate(seed: int, split: str, num_clips: int, num_frames: int,
              azimuth_deg: tuple[float, float]) -> tuple[list[Subject], np.ndarray, np.ndarray]:
    """Subjects, points (M, T, P, 3) as `project` gives them, and figure scales (M, T) in frame sides
    per body height, of ``num_clips`` clips of ``num_frames`` frames."""
    check_seed(seed, split)
    low, high = azimuth_deg
    if not low <= high:
        raise ValueError(f'azimuth_deg must be (low, high) with low <= high, got {azimuth_deg}')
    subjects, channels = [], []
    for clip in range(num_clips):
        subjects.append(draw_subject(clip_rng(seed, split, clip, _BODY)))
        rng = clip_rng(seed, split, clip, _MOTION)
        times = np.arange(num_frames) * rng.uniform(0.16, 0.26)
        channels.append(draw_motion(rng, times[-1] + 0.5, (low, high)).sample(times))
    values = np.stack(channels)  # (M, T, C)
    lengths = np.stack([subject.lengths for subject in subjects])[:, None]  # (M, 1, B)
    points = forward_kinematics(values[..., :NUM_ANGLES], lengths)
    zoom = np.exp(values[..., ZOOM])
    scales = np.empty(zoom.shape)
    for clip, subject in enumerate(subjects):
        camera = draw_camera(clip_rng(seed, split, clip, _CAMERA))
        points[clip], size = project(points[clip], camera, subject.height, values[clip, :, PLACE], zoom[clip],
                                     NUM_JOINTS)
        scales[clip] = size * zoom[clip]
    return subjects, points, scales
