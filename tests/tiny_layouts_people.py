"""Tiny files in the real layouts of Simplified Human3.6M and Penn Action.

Written from the descriptions that the readers' docstrings name, with scipy's own writer; nothing
here calls a reader.
"""
from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from scipy.io import savemat

from ikp_mm.synthetic import SyntheticClips
from ikp_mm.skeletons import H36M17, H36M32, PENN13

# Where a joint that synthetic people lack is put: on one that they have.
SHARED_PLACES = {
    'spine_base': 'root', 'toe_base': 'foot', 'toe_end': 'foot', 'clavicle': 'shoulder',
    'thumb_base': 'wrist', 'thumb_end': 'wrist', 'hand': 'wrist', 'hand_end': 'wrist',
    'ankle': 'foot',
}


def synthetic_people(num_frames: int, size: int = 128
                     ) -> tuple[list[np.ndarray], list[np.ndarray], np.ndarray]:
    """Frames (S, S, 3) of one person, masks (S, S) uint8, joints (T, 17, 2) in pixels."""
    clips = SyntheticClips(num_clips=1, frames_per_clip=num_frames, image_size=size)
    frames = [clips.frame(0, t) for t in range(num_frames)]
    room = clips.true_background(0)
    masks = [(cv2.absdiff(frame, room).max(axis=2) > 8).astype(np.uint8) * 255 for frame in frames]
    return frames, masks, clips.keypoints(0)


def joints_of(keypoints: np.ndarray, joints: tuple[str, ...]) -> np.ndarray:
    """(T, 17, 2) joints of ``h36m17`` laid out as others of the same names or places."""
    def place(name: str) -> int:
        side = name[:name.index('_') + 1] if name.startswith(('left_', 'right_')) else ''
        part = name[len(side):]
        return H36M17.joints.index(side + SHARED_PLACES.get(part, part))
    return keypoints[:, [place(name) for name in joints]]


def write_h36m_frame(root: Path, subject: str, sequence: str, number: int, image: np.ndarray,
                     mask: np.ndarray, points: np.ndarray) -> None:
    """One frame of Simplified Human3.6M; ``points`` (32, 2) are fractions, (x, y)."""
    for kind in ('WithBackground', 'BackgroudMask', 'Landmarks'):
        (root / subject / kind / sequence).mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(root / subject / 'WithBackground' / sequence / f'{number}.jpg'), image)
    cv2.imwrite(str(root / subject / 'BackgroudMask' / sequence / f'{number}.png'), mask)
    savemat(root / subject / 'Landmarks' / sequence / f'{number}.mat',
            dict(keypoints_2d=points[:, ::-1]))


def write_penn_video(root: Path, name: str, images: list[np.ndarray], points: np.ndarray,
                     visibility: np.ndarray, boxes: np.ndarray, train: int, action: str) -> None:
    """One video of Penn Action; ``points`` (T, 13, 2) and ``boxes`` (T, 4) in pixels."""
    (root / 'frames' / name).mkdir(parents=True)
    (root / 'labels').mkdir(exist_ok=True)
    for t, image in enumerate(images):
        cv2.imwrite(str(root / 'frames' / name / f'{t + 1:06d}.jpg'), image)
    height, width = images[0].shape[:2]
    savemat(root / 'labels' / f'{name}.mat', dict(
        action=action, pose='front', x=points[..., 0].astype(np.uint16),
        y=points[..., 1].astype(np.uint16), visibility=visibility.astype(np.uint8), train=train,
        bbox=boxes.astype(np.float64), dimensions=[height, width, len(images)],
        nframes=len(images)))


def make_simplified_h36m(cfg, folder: Path) -> None:
    """Both halves of a training sequence get two frames, a test sequence gets one."""
    frames, masks, keypoints = synthetic_people(4)
    points = joints_of(keypoints, H36M32.joints) / 128
    for subjects, count in ((cfg.train_subjects, 4), (cfg.test_subjects, 1)):
        for subject in subjects:
            for activity in cfg.activities:
                for t in range(count):
                    write_h36m_frame(folder / cfg.data_root, subject, f'{activity} 1.54138969',
                                     5 * t + 1, frames[t], masks[t], points[t])


def make_penn_action(cfg, folder: Path) -> None:
    """Two training videos and one for test of two actions; a joint is hidden in the test."""
    frames, _, keypoints = synthetic_people(3)
    points = joints_of(keypoints, PENN13.joints)
    boxes = np.hstack([points.min(axis=1), points.max(axis=1)])
    number = 0
    for action in ('squat', 'tennis_serve'):
        for train in (1, 1, -1):
            number += 1
            visibility = np.ones(points.shape[:2])
            visibility[:, 3] = train == 1
            write_penn_video(folder / cfg.data_root, f'{number:04d}', frames, points, visibility,
                             boxes, train, action)
