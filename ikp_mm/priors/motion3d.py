"""3D motions seen by random cameras: motion capture, of npz or BVH files, as a prior.

Convention: axes are right-handed. In the camera's view x goes right, y up and z towards the
camera; the picture's y goes down. Azimuth turns the figure about the vertical: at 0 it is seen
from the file's +z (``up='y'``), -y (``up='z'``) or -z (``up='-y'``), or, with ``facing``, from
the front; at +90 what was in front points to the right of the picture. Elevation lifts the
camera: positive looks down on the figure.
"""
from __future__ import annotations

from pathlib import Path
from typing import Mapping, Sequence

import numpy as np
from mmengine.logging import MMLogger

from ikp_mm.io.find import label_files
from ikp_mm.io.formats.bvh import read_bvh
from ikp_mm.io.formats.npz import NAME_KEYS, array_keys, is_names, read_joint_names, read_npz
from ikp_mm.priors.framing import landmark_boxes
from ikp_mm.priors.pose_sources import NamedPoses, pose_source

NEEDED = ('It must be an npz whose every array is a motion (T, K, 3), apart from an optional '
          "'joints' of K names")
# Rows are the axes x, y, z of the convention in terms of the file's.
_TO_Y_UP = {'y': np.eye(3), 'z': np.array([[1., 0, 0], [0, 0, 1], [0, -1, 0]]),
            '-y': np.diag([1., -1, -1])}


@pose_source('motion3d')
def motion3d_poses(path: str | Path, **cameras) -> NamedPoses:
    """Every n-th frame of every motion, seen by its own random cameras.

    Args:
        path: npz, every array a motion (T, K, 3) in one unit of length; ``joints``, if there, is
            (K,) names.
        cameras: from seed to fill, see ``seen_by_random_cameras``; errors too.

    Raises:
        FileNotFoundError: no such file.
        ValueError: not such a file, an array of another shape, motions that disagree in K.
    """
    motions, names = _read_motions(Path(path))
    return seen_by_random_cameras(motions, names, path, **cameras)


@pose_source('bvh')
def bvh_poses(path: str | Path, pattern: str = '**/*.bvh', keep: Sequence[str] | None = None,
              skip_frames: int = 0, joint_positions: str | None = None, **cameras) -> NamedPoses:
    """Every n-th frame of every file, in natural order, seen by its own random cameras; joints as
    in the file (``<parent>_end`` for End Sites).

    Args:
        path: a file, or a folder of files.
        pattern: of a folder: which files, see ``label_files``.
        keep: names of the joints that count, in any order; the others (fingers, toes' ends) are
            dropped before the figure's box is fitted into the frame. None keeps all.
        skip_frames: first frames of each file to leave out (some begin in a T-pose).
        joint_positions: see ``read_bvh``; errors too.
        cameras: from seed to fill, see ``seen_by_random_cameras``; errors too.

    Raises:
        FileNotFoundError: no such file, no file in the folder.
        ValueError: files with different joints, ``keep`` of a joint that is not there, no frame
            left.
    """
    path = Path(path)
    files = label_files(path, pattern) if path.is_dir() else [path]
    motions = {}
    joints: tuple[str, ...] = ()
    for file in files:
        motion = read_bvh(file, joint_positions)
        joints = joints or motion.joints
        if motion.joints != joints:
            raise ValueError(f'{file} has other joints than {files[0]}: narrow the pattern, or '
                             'read them as two sources')
        if not 0 <= skip_frames < len(motion.positions):
            raise ValueError(f'{file} has {len(motion.positions)} frames, skip_frames='
                             f'{skip_frames} leaves none')
        motions[str(file)] = motion.positions[skip_frames:]
    unknown = sorted(set(keep or ()) - set(joints))
    if unknown:
        raise ValueError(f'{files[0]} has no joint {unknown}; it has {list(joints)}')
    kept = [place for place, joint in enumerate(joints) if keep is None or joint in keep]
    return seen_by_random_cameras({name: motion[:, kept] for name, motion in motions.items()},
                                  tuple(joints[place] for place in kept), path, **cameras)


def seen_by_random_cameras(motions: Mapping[str, np.ndarray], names: tuple[str, ...] | None,
                           path: str | Path, *, seed: int = 0, every: int = 1, views: int = 1,
                           up: str = 'y', facing: Sequence | None = None,
                           azimuth_deg: Sequence[float] = (-180, 180),
                           elevation_deg: Sequence[float] = (0, 0), distance: float | None = None,
                           fill: Sequence[float] = (0.6, 0.9)) -> NamedPoses:
    """Poses (sum of ceil(T / every) * views, K, 2), the views of a frame in a row.

    The larger side of the figure's box fills ``fill`` of the frame, and the box is centred; give
    ``PosePriorDataset`` a ``jitter`` to shift it. Frames without extent, or with a value that is
    not finite, become poses of NaN, which a prior refuses or, with ``min_visible``, leaves out;
    they are counted in the log.

    Args:
        motions: name -> motion (T, K, 3) float64.
        names: K names, or None.
        path: for messages.
        seed: of the cameras. The same seed gives the same poses.
        every: use every n-th frame of a motion.
        views: cameras for each frame.
        up: the file's vertical: 'y', 'z' or '-y' (a camera's frame, y down).
        facing: None measures azimuth in the file's axes; (right, left), a pair of joints by name
            or place, e.g. the hips, measures it from the direction the figure faces.
        azimuth_deg, elevation_deg: (low, high), drawn uniformly.
        distance: None is an orthographic camera; otherwise how far the camera is from the middle
            of the figure, in units of the largest side of the figure's 3D box (5 is mild).
        fill: (low, high), drawn uniformly; 1 touches the border.

    Raises:
        ValueError: a range upside down, an unknown axis or joint.
    """
    _check_settings(every, views, up, azimuth_deg, elevation_deg, distance, fill)
    points = np.concatenate([motion[::every] for motion in motions.values()])
    rows = tuple(f'frame {t} of {name}' for name, motion in motions.items()
                 for t in range(0, len(motion), every) for _ in range(views))
    bad = ~np.isfinite(points).all(axis=(1, 2)) | (points == points[:, :1]).all(axis=(1, 2))
    if bad.any():
        MMLogger.get_current_instance().warning(
            f'{path}: {int(bad.sum())} of {len(points)} frames have no extent, or hold what is '
            f'not finite (first: {rows[int(np.argmax(bad)) * views]})')
    points = np.where(bad[:, None, None], np.nan, points) @ _TO_Y_UP[up].T
    points = np.repeat(points, views, axis=0)
    rng = np.random.default_rng(seed)
    azimuth = np.radians(rng.uniform(*azimuth_deg, len(points)))
    elevation = np.radians(rng.uniform(*elevation_deg, len(points)))
    filled = rng.uniform(*fill, len(points))
    if facing is not None:
        azimuth = azimuth - _heading(points, _pair(facing, names, points.shape[1], path))
    return NamedPoses(_project(points, azimuth, elevation, distance, filled), names, rows)


def _check_settings(every, views, up, azimuth_deg, elevation_deg, distance, fill) -> None:
    if every < 1 or views < 1:
        raise ValueError(f'every and views must be at least 1, got {every} and {views}')
    if up not in _TO_Y_UP:
        raise ValueError(f'up must be one of {sorted(_TO_Y_UP)}, got {up!r}')
    for name, limits in (('azimuth_deg', azimuth_deg), ('elevation_deg', elevation_deg),
                         ('fill', fill)):
        if len(limits) != 2 or not limits[0] <= limits[1]:
            raise ValueError(f'{name} must be (low, high), got {limits!r}')
    if not fill[0] > 0:
        raise ValueError(f'fill must be positive, got {fill!r}')
    if distance is not None and distance <= 1:
        raise ValueError(f'distance must be None or more than 1 (largest sides of the figure), '
                         f'got {distance}')


def _read_motions(path: Path) -> tuple[dict[str, np.ndarray], tuple[str, ...] | None]:
    """Motions (T, K, 3) float64 and the joints' names."""
    keys = array_keys(path, NEEDED)
    arrays = {key: array for key, array in zip(keys, read_npz(path, keys, NEEDED))
              if key not in NAME_KEYS or not is_names(array)}
    names = read_joint_names(path)
    if not arrays:
        raise ValueError(f'{path} holds no motion. {NEEDED}')
    first = next(iter(arrays))
    for key, motion in arrays.items():
        if motion.ndim != 3 or motion.shape[1:] != (arrays[first].shape[1], 3) or not len(motion):
            raise ValueError(f"{path}: '{key}' is {motion.shape}, '{first}' is "
                             f'{arrays[first].shape}. {NEEDED}')
    return {key: motion.astype(np.float64) for key, motion in arrays.items()}, names


def _pair(facing: Sequence, names: tuple[str, ...] | None, num_joints: int, path: str | Path
          ) -> list[int]:
    """Places of the right and the left joint."""
    places = {**{k: k for k in range(num_joints)}, **dict(zip(names or (), range(num_joints)))}
    if isinstance(facing, str) or len(facing) != 2 or any(one not in places for one in facing):
        raise ValueError(f'{path}: facing must be a pair of joints (right, left), names or '
                         f'places, got {facing!r}; it has {list(names or range(num_joints))}')
    return [places[one] for one in facing]


def _heading(points: np.ndarray, pair: list[int]) -> np.ndarray:
    """Azimuth (N,), radians, of where figures face: horizontally at right angles to the pair."""
    to_left = points[:, pair[1]] - points[:, pair[0]]
    # forward = left x up, with up = y: (-left_z, 0, left_x); azimuth 0 is forward = +z.
    return np.arctan2(-to_left[:, 2], to_left[:, 0])


def _project(points: np.ndarray, azimuth: np.ndarray, elevation: np.ndarray,
             distance: float | None, fill: np.ndarray) -> np.ndarray:
    """(N, K, 2) frame coordinates of (N, K, 3) points, y up, by one camera each."""
    low, high = points.min(axis=1, keepdims=True), points.max(axis=1, keepdims=True)
    x, y, z = np.moveaxis(points - (low + high) / 2, 2, 0)  # each (N, K)
    sin, cos = np.sin(azimuth)[:, None], np.cos(azimuth)[:, None]
    x, z = cos * x + sin * z, cos * z - sin * x
    sin, cos = np.sin(elevation)[:, None], np.cos(elevation)[:, None]
    y, z = cos * y - sin * z, sin * y + cos * z
    if distance is not None:
        away = distance * (high - low).max(axis=(1, 2))[:, None]
        x, y = x * away / (away - z), y * away / (away - z)
    picture = np.stack([x, -y], axis=2)
    boxes = landmark_boxes(picture)
    sides = (boxes[:, 2:] - boxes[:, :2]).max(axis=1)
    sides[sides == 0] = np.nan
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    return (picture - middle[:, None]) / sides[:, None, None] * fill[:, None, None] + 0.5
