"""BVH motion capture seen by random cameras."""
from __future__ import annotations

from pathlib import Path
from typing import Sequence

from ikp_mm.io.formats.bvh import read_bvh
from ikp_mm.io.formats.label_trees import label_files
from ikp_mm.priors.motion3d import seen_by_random_cameras
from ikp_mm.priors.pose_sources import NamedPoses, pose_source


@pose_source('bvh')
def bvh_poses(path: str | Path, pattern: str = '**/*.bvh', keep: Sequence[str] | None = None,
              skip_frames: int = 0, joint_positions: str | None = None, **cameras) -> NamedPoses:
    """Every n-th frame of every file, seen by its own random cameras.

    Args:
        path: a file, or a folder of files.
        pattern: of a folder: which files, see ``label_files``.
        keep: names of the joints that count, in any order; the others (fingers, toes' ends) are
            dropped before the figure's box is fitted into the frame. None keeps all.
        skip_frames: first frames of each file to leave out (some begin in a T-pose).
        joint_positions: see ``read_bvh``.
        cameras: seed, every, views, up, facing, azimuth_deg, elevation_deg, distance, fill, see
            ``seen_by_random_cameras``.

    Returns:
        Poses with the names of the file's joints (``<parent>_end`` for End Sites), files in
        natural order.

    Raises:
        FileNotFoundError: no such file, no file in the folder.
        ValueError: see ``read_bvh`` and ``seen_by_random_cameras``; files with different joints,
            ``keep`` of a joint that is not there, no frame left.
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
