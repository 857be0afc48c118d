"""Poses of the procedural people."""
from __future__ import annotations

from ikp_mm.priors.pose_sources import NamedPoses, pose_source
from ikp_mm.skeletons import H36M17
from ikp_mm.synthetic import generate_poses


@pose_source('synthetic')
def synthetic_poses(seed: int, num_poses: int,
                    azimuth_deg: tuple[float, float] = (-60, 60)) -> NamedPoses:
    """``ikp_mm.synthetic.generate_poses``: other people than any synthetic clip shows."""
    return NamedPoses(generate_poses(seed, num_poses, azimuth_deg), H36M17.joints)
