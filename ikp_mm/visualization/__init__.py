"""Pictures for people: sheets of samples, curves of a run. Arrays and files in, no model."""
from .curves import plot_curves
from .sheet import SHEET_COLUMNS, draw_keypoints, make_sheet, skeleton_to_image

__all__ = ['SHEET_COLUMNS', 'draw_keypoints', 'make_sheet', 'plot_curves', 'skeleton_to_image']
