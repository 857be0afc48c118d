"""Poses of the procedural people and faces."""
from __future__ import annotations

from typing import Sequence

from ikp_mm.priors.pose_sources import NamedPoses, pose_source
from ikp_mm.skeletons import FACE68, H36M17
from ikp_mm.synthetic import generate_face_poses, generate_poses


@pose_source('synthetic')
def synthetic_poses(seed: int, num_poses: int,
                    azimuth_deg: tuple[float, float] = (-60, 60)) -> NamedPoses:
    """``ikp_mm.synthetic.generate_poses``: other people than any synthetic clip shows."""
    return NamedPoses(generate_poses(seed, num_poses, azimuth_deg), H36M17.joints)


@pose_source('synthetic_faces')
def synthetic_face_poses(seed: int, num_poses: int, yaw_deg: Sequence[float] = (-35., 35.)
                         ) -> NamedPoses:
    """``ikp_mm.synthetic.generate_face_poses``: other faces than any synthetic clip shows."""
    return NamedPoses(generate_face_poses(seed, num_poses, yaw_deg), FACE68.joints)
