"""Where the figure is in each frame: one cropper a file.

A cropper is a class in ``CROPPERS``. Its instances have ``boxes(video) -> (T, 4)`` float64
(x0, y0, x1, y1) in pixels, x1 and y1 exclusive, four times NaN where nothing was found; ``video``
is a source of ``preparation/reading.py``, which may be gone through more than once. Class attribute
``margin``: by what the side of a box is multiplied unless the user says otherwise.
"""
from .face import FaceCropper
from .frame import CentralSquareCropper, WholeFrameCropper

CROPPERS = dict(centre=CentralSquareCropper, face=FaceCropper, whole=WholeFrameCropper)

__all__ = ['CROPPERS', 'CentralSquareCropper', 'FaceCropper', 'WholeFrameCropper']
