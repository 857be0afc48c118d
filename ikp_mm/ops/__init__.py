"""Pure torch operations: no registry, no state."""
from .coords import frame_to_unit, pixel_to_unit, unit_to_frame, unit_to_pixel
from .segment_distance import squared_segment_distance
from .soft_argmax import marginal_soft_argmax
from .tps import thin_plate_warp

__all__ = [
    'frame_to_unit', 'marginal_soft_argmax', 'pixel_to_unit', 'squared_segment_distance',
    'thin_plate_warp', 'unit_to_frame', 'unit_to_pixel'
]
