"""Where the figure is in each frame: one cropper a file.

A cropper is a ``Cropper`` (base.py) with an entry in ``CROPPERS``: ``boxes(video) -> (T, 4)``.
"""
from .base import CropError, Cropper
from .boxes import BoxesCropper
from .detector import DetectorCropper
from .face import FaceCropper
from .frame import CentralSquareCropper, WholeFrameCropper
from .motion import MotionCropper

CROPPERS: dict[str, type[Cropper]] = dict(
    boxes=BoxesCropper, centre=CentralSquareCropper, detector=DetectorCropper, face=FaceCropper,
    motion=MotionCropper, whole=WholeFrameCropper)

__all__ = ['CROPPERS', 'BoxesCropper', 'CentralSquareCropper', 'CropError', 'Cropper',
           'DetectorCropper', 'FaceCropper', 'MotionCropper', 'WholeFrameCropper']
