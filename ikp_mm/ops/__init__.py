"""Pure torch operations: no registry, no state."""
from .coords import frame_to_unit, inside_frame, pixel_to_unit, unit_to_frame, unit_to_pixel
from .segment_distance import nearest_segment_distance, squared_segment_distance
from .similarity import random_similarities, transform_images, transform_points
from .skeleton_confidence import joint_scores, local_disagreement, shift_images
from .soft_argmax import marginal_soft_argmax

__all__ = [
    'frame_to_unit', 'inside_frame', 'joint_scores', 'local_disagreement', 'marginal_soft_argmax',
    'nearest_segment_distance', 'pixel_to_unit', 'random_similarities', 'shift_images',
    'squared_segment_distance', 'transform_images', 'transform_points', 'unit_to_frame',
    'unit_to_pixel'
]
