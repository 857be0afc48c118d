"""Synthetic people: clips to learn from, and unpaired poses for the prior.

Each clip shows one person who walks across a part of the frame, gestures, turns, bends and
crouches before a static textured background. Everything is drawn from seeds; no file is read.

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

# Mixed into every seed: splits share no subject, no motion and no scene.
SPLITS = {'train': 1, 'prior': 2, 'val': 3, 'test': 4}
_BODY, _MOTION, _CAMERA, _SCENE, _CHOICE = range(5)  # independent streams of one clip
_FRAMES = 24  # of a clip by default and of the prior's, so that both have one distribution
_POSES_PER_PRIOR_CLIP = 8


def clip_rng(seed: int, split: str, clip: int, stream: int) -> np.random.Generator:
    """The generator of one stream (body, motion, ...) of one clip."""
    return np.random.default_rng([seed, SPLITS[split], clip, stream])


def generate_poses(seed: int, num_poses: int, azimuth_deg: Sequence[float] = (-60, 60)
                   ) -> np.ndarray:
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
    _, points, _ = _simulate(seed, 'prior', num_clips, _FRAMES, azimuth_deg)
    shuffled = clip_rng(seed, 'prior', 0, _CHOICE).random((num_clips, _FRAMES)).argsort(1)
    chosen = shuffled[:, :_POSES_PER_PRIOR_CLIP, None, None]
    poses = np.take_along_axis(points[:, :, :NUM_JOINTS, :2], chosen, 1)
    return poses.reshape(-1, NUM_JOINTS, 2)[:num_poses].astype(np.float32)


@DATASETS.register_module()
class SyntheticClips:
    """Clips of synthetic people; a clip source (see ``ikp_mm.clips.folders``).

    Poses are drawn at construction, frames when first asked for; both are kept. A clip depends on
    ``seed``, ``split``, its index and the other settings, never on how many clips there are.

    Args:
        seed: 0 to 2**32 - 1.
        num_clips: number of clips; each shows a person of its own.
        frames_per_clip: T, frames of a clip, 0.16 to 0.26 s apart.
        image_size: W = H in pixels, at least 16.
        azimuth_deg: lowest and highest azimuth of the body, degrees; 0 faces the camera, positive
            turns towards the right of the image. (-180, 180) turns freely.
        split: 'train', 'prior', 'val' or 'test'; splits share no subject and no motion.

    Raises:
        ValueError: a setting out of range, named.
    """

    def __init__(self, seed: int = 0, num_clips: int = 160, frames_per_clip: int = _FRAMES,
                 image_size: int = 64, azimuth_deg: Sequence[float] = (-60., 60.),
                 split: str = 'train') -> None:
        for key, value, least in (('num_clips', num_clips, 1),
                                  ('frames_per_clip', frames_per_clip, 1),
                                  ('image_size', image_size, 16)):
            if value < least:
                raise ValueError(f'{key} must be at least {least}, got {value}')
        self.seed, self.split, self.image_size = seed, split, image_size
        self._subjects, self._points, self._scales = _simulate(
            seed, split, num_clips, frames_per_clip, azimuth_deg)
        self._drawn: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    def __len__(self) -> int:
        return len(self._points)

    def name(self, i: int) -> str:
        """Name of clip ``i``."""
        return f'{self.split}_{self.seed}_{self._index(i):05d}'

    def num_frames(self, i: int) -> int:
        """Number of frames T of clip ``i``."""
        return len(self._points[self._index(i)])

    def frame(self, i: int, t: int) -> np.ndarray:
        """Frame ``t`` of clip ``i``: (H, W, 3) uint8 BGR, not to be written to."""
        if not 0 <= t < self.num_frames(i):
            raise IndexError(f'clip {self.name(i)} has frames 0 to {self.num_frames(i) - 1}, '
                             f'got {t}')
        return self._draw(i)[0][t]

    def background(self, i: int) -> None:
        """No background image is given with a clip: whoever wants one takes the clip's median."""
        self._index(i)

    def true_background(self, i: int) -> np.ndarray:
        """The scene without the figure, (H, W, 3) uint8 BGR. For tests and figures only."""
        return self._draw(self._index(i))[1]

    def keypoints(self, i: int) -> np.ndarray:
        """True joints of clip ``i``: (T, 17, 2) float32 pixels. For evaluation, not training."""
        joints = self._points[self._index(i), :, :NUM_JOINTS, :2]
        return (joints * self.image_size).astype(np.float32)

    def _index(self, i: int) -> int:
        if not 0 <= i < len(self):
            raise IndexError(f'clip index must lie in 0 to {len(self) - 1}, got {i}')
        return i

    def _draw(self, i: int) -> tuple[np.ndarray, np.ndarray]:
        """All frames (T, H, W, 3) of clip ``i`` and its background (H, W, 3), read-only."""
        if i not in self._drawn:
            size, points = self.image_size, self._points[i]
            # Drawn larger and averaged down: OpenCV's anti-aliasing alone leaves limbs of 3 px
            # uneven. x of the small image lies at over * x + (over - 1) / 2 of the large one.
            over = max(1, round(192 / size))
            scene = draw_background(clip_rng(self.seed, self.split, i, _SCENE), over * size)
            pixels = points[..., :2] * (size * over) + (over - 1) / 2
            frames = np.empty((len(points), size, size, 3), np.uint8)
            for t, frame in enumerate(frames):
                image = scene.copy()
                draw_figure(image, pixels[t], points[t, :, 2], self._scales[i, t] * over * size,
                            self._subjects[i])
                cv2.resize(image, (size, size), frame, interpolation=cv2.INTER_AREA)
            background = cv2.resize(scene, (size, size), interpolation=cv2.INTER_AREA)
            for array in (frames, background):
                array.setflags(write=False)
            self._drawn[i] = frames, background
        return self._drawn[i]


def _simulate(seed: int, split: str, num_clips: int, num_frames: int,
              azimuth_deg: Sequence[float]) -> tuple[list[Subject], np.ndarray, np.ndarray]:
    """Subjects, points (M, T, P, 3) as `project` gives them, and figure scales (M, T) in frame
    sides per body height, of ``num_clips`` clips of ``num_frames`` frames."""
    if not 0 <= seed < 2 ** 32:  # one word of NumPy's seed sequence: no two keys can meet
        raise ValueError(f'seed must lie in 0 to 2**32 - 1, got {seed}')
    if split not in SPLITS:
        raise ValueError(f"split must be one of {', '.join(SPLITS)}, got {split!r}")
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
        points[clip], size = project(points[clip], camera, subject.height, values[clip, :, PLACE],
                                     zoom[clip], NUM_JOINTS)
        scales[clip] = size * zoom[clip]
    return subjects, points, scales
