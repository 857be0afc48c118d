"""Arrays to numbers: no state, no registry."""
from .baselines import (box_mean_pose_keypoints, mean_pose_keypoints, nearest_prior_keypoints,
                        original_to_unit, unit_to_original)
from .keypoint_distance import (Score, flip_aware, flip_corrected, image_errors, joint_distances,
                                macro_average, regressed, score_keypoints, swap_joints,
                                unit_lengths)
from .label_free import label_free_score, pose_spread, rank_correlation
from .symmetry import (Symmetry, SymmetryDiagnosis, best_symmetry, resemblance_to_prior,
                       symmetry_candidates)

__all__ = [
    'Score', 'Symmetry', 'SymmetryDiagnosis', 'best_symmetry', 'box_mean_pose_keypoints',
    'flip_aware', 'flip_corrected', 'image_errors', 'joint_distances', 'label_free_score',
    'macro_average', 'mean_pose_keypoints', 'nearest_prior_keypoints', 'original_to_unit',
    'pose_spread', 'rank_correlation', 'regressed', 'resemblance_to_prior',
    'score_keypoints', 'swap_joints',
    'symmetry_candidates', 'unit_lengths', 'unit_to_original',
]
