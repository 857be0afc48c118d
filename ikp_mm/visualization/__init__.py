"""Pictures to look at: sheets of samples, curves of a run. Arrays and files in, no model."""
from .curves import plot_curves, plot_failure_prediction
from .keypoints import draw_keypoints
from .sheet import SHEET_COLUMNS, make_sheet, skeleton_to_image

__all__ = ['SHEET_COLUMNS', 'draw_keypoints', 'make_sheet', 'plot_curves',
           'plot_failure_prediction', 'skeleton_to_image']
