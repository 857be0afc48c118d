"""Synthetic faces: clips to learn from, and unpaired poses for the prior.

Each clip shows one face that talks, blinks, smiles, looks about and turns before a static textured
background. Everything is drawn from seeds; no file is read.

Convention: frame coordinates are x / W in [0, 1] of MMPose pixel coordinates (pixel centres at
integers, (x, y), y down).
"""
from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from mmpose.registry import DATASETS

from .drawing import draw_background
from .face_camera import FaceView, draw_face_camera, head_rotation, project_face
from .face_drawing import draw_face
from .face_head import Head
from .face_look import draw_look
from .face_model import NUM_LANDMARKS, draw_identity, face_points, skull_radii
from .face_motion import EXPRESSION, GAZE_X, PITCH, PLACE_X, ROLL, YAW, ZOOM, draw_face_motion
from .rendered_clips import RenderedClips, check_seed, clip_rng

# Independent streams of one clip, apart from those of the people of the same seed.
_IDENTITY, _MOTION, _CAMERA, _SCENE, _LOOK, _CHOICE = range(16, 22)
_PRIOR_CLIP_FRAMES = 24  # as SyntheticFaceClips by default: prior and clips have one distribution
_POSES_PER_PRIOR_CLIP = 8


def generate_face_poses(seed: int, num_poses: int, yaw_deg: Sequence[float] = (-35., 35.)
                        ) -> np.ndarray:
    """Draw poses of faces that appear in no clip, for the pose prior.

    Args:
        seed: 0 to 2**32 - 1; the prior shares no stream with clips of the same seed.
        num_poses: N.
        yaw_deg: as in `SyntheticFaceClips`.

    Returns:
        (N, 68, 2) float32 frame coordinates in the joint order of ``FACE68``, in [0, 1] but for a
        rare chin just below the frame. Poses are independent up to groups of 8 that show one face
        in one motion.

    Raises:
        ValueError: ``num_poses`` < 1, a seed out of range or an empty or too wide range of yaw.
    """
    if num_poses < 1:
        raise ValueError(f'num_poses must be at least 1, got {num_poses}')
    num_clips = -(-num_poses // _POSES_PER_PRIOR_CLIP)
    clips = _simulate(seed, 'prior', num_clips, _PRIOR_CLIP_FRAMES, yaw_deg)
    points = np.stack([clip.view.points[:, :NUM_LANDMARKS] for clip in clips])
    luck = clip_rng(seed, 'prior', 0, _CHOICE).random((num_clips, _PRIOR_CLIP_FRAMES))
    order = luck.argsort(1)[:, :_POSES_PER_PRIOR_CLIP]
    poses = np.take_along_axis(points, order[..., None, None], 1)
    return poses.reshape(-1, NUM_LANDMARKS, 2)[:num_poses].astype(np.float32)


class _Clip(NamedTuple):
    """One face in motion: half axes of its skull (3,), what the camera sees, gaze (T, 2)."""

    radii: np.ndarray
    view: FaceView
    gaze: np.ndarray


@DATASETS.register_module()
class SyntheticFaceClips(RenderedClips):
    """Clips of synthetic faces.

    A clip depends on ``seed``, ``split``, its index and the other settings, never on how many clips
    there are. When a face looks into the camera, the outer corners of its eyes are about 28 to 40 %
    of the frame apart; a chin may leave the frame, seldom and by little.

    Args:
        seed: 0 to 2**32 - 1.
        num_clips: number of clips; each shows a face of its own, in its own light.
        frames_per_clip: T, frames of a clip, 0.12 to 0.22 s apart.
        image_size: W = H in pixels.
        yaw_deg: lowest and highest yaw of the head, degrees, within -60 to 60 (a profile is more
            than these faces are drawn for); 0 faces the camera, positive turns towards the right of
            the image.
        split: 'train', 'prior', 'val' or 'test'; splits share no face and no motion.

    Raises:
        ValueError: a setting out of range, named.
    """

    def __init__(self, seed: int = 0, num_clips: int = 160, frames_per_clip: int = 24,
                 image_size: int = 64, yaw_deg: Sequence[float] = (-35., 35.),
                 split: str = 'train') -> None:
        for key, value in (('num_clips', num_clips), ('frames_per_clip', frames_per_clip)):
            if value < 1:
                raise ValueError(f'{key} must be at least 1, got {value}')
        self.seed, self.split = seed, split
        self._clips = _simulate(seed, split, num_clips, frames_per_clip, yaw_deg)
        points = np.stack([clip.view.points[:, :NUM_LANDMARKS] for clip in self._clips])
        super().__init__(points, image_size, f'face_{split}_{seed}')

    def _render(self, i: int) -> tuple[np.ndarray, np.ndarray]:
        size = self.image_size
        over = 2 * max(1, round(64 / size))  # even, as the drawing wants it
        scene = draw_background(clip_rng(self.seed, self.split, i, _SCENE), over * size)
        look = draw_look(clip_rng(self.seed, self.split, i, _LOOK))
        radii, view, gaze = self._clips[i]
        # Pixel centres at integers: x of the small image lies at over * x + (over - 1) / 2 there.
        points, pivot = (place * (size * over) + (over - 1) / 2
                         for place in (view.points, view.pivot))
        frames = np.empty((len(gaze), size, size, 3), np.uint8)
        for t in range(len(gaze)):
            image = scene.copy()
            head = Head(points[t], pivot[t], view.rotation[t], view.scale[t] * over * size, radii)
            draw_face(image, head, gaze[t], look)
            frames[t] = cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)
        return frames, cv2.resize(scene, (size, size), interpolation=cv2.INTER_AREA)


def _simulate(seed: int, split: str, num_clips: int, num_frames: int, yaw_deg: Sequence[float]
              ) -> list[_Clip]:
    check_seed(seed, split)
    low, high = yaw_deg
    if not -60 <= low <= high <= 60:
        raise ValueError('yaw_deg must be (low, high) with -60 <= low <= high <= 60, '
                         f'got {yaw_deg}')
    clips = []
    for clip in range(num_clips):
        identity = draw_identity(clip_rng(seed, split, clip, _IDENTITY))
        rng = clip_rng(seed, split, clip, _MOTION)
        times = np.arange(num_frames) * rng.uniform(0.12, 0.22)
        motion = draw_face_motion(rng, times[-1] + 0.5, (low, high)).sample(times)
        view = project_face(
            face_points(identity, motion[:, EXPRESSION:]),
            draw_face_camera(clip_rng(seed, split, clip, _CAMERA)),
            head_rotation(motion[:, YAW], motion[:, PITCH], motion[:, ROLL]),
            motion[:, PLACE_X:PLACE_X + 2], np.exp(motion[:, ZOOM]))
        clips.append(_Clip(skull_radii(identity), view, motion[:, GAZE_X:GAZE_X + 2]))
    return clips
