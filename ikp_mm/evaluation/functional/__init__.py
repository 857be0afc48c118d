"""Arrays to numbers: no state, no registry."""
from .baselines import (box_mean_pose_keypoints, nearest_prior_keypoints, original_to_unit,
                        unit_to_original)
from .failure_prediction import Reliability, failure_auroc, reliability, risk_coverage
from .keypoint_distance import (Score, derived_landmarks, derived_visible, image_errors,
                                joint_distances, macro_average, score_keypoints, swap_joints,
                                swap_towards, unit_lengths)
from .label_free import flipped_neighbours, label_free_score, pose_spread
from .symmetry import (Symmetry, SymmetryDiagnosis, best_symmetry, resemblance_to_prior,
                       symmetry_candidates)

__all__ = [
    'Reliability', 'Score', 'Symmetry', 'SymmetryDiagnosis', 'best_symmetry',
    'box_mean_pose_keypoints', 'derived_landmarks', 'derived_visible',
    'failure_auroc', 'flipped_neighbours', 'image_errors', 'joint_distances',
    'label_free_score', 'macro_average', 'nearest_prior_keypoints', 'original_to_unit',
    'pose_spread', 'reliability', 'resemblance_to_prior',
    'risk_coverage', 'score_keypoints', 'swap_joints', 'swap_towards', 'symmetry_candidates',
    'unit_lengths', 'unit_to_original',
]
