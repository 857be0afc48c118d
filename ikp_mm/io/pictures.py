"""Pictures from files: the one decoder, and what is said of a file that is no picture."""
from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np


class UnreadableFrameError(OSError):
    """An image file that is missing, truncated or no image at all.

    Attributes:
        path (str): the file.
    """

    def __init__(self, path: str | Path, reason: str) -> None:
        super().__init__(f'{path}: {reason}')
        self.path = str(path)
        self.reason = reason

    def __reduce__(self):  # crosses the process border from a loader worker
        return type(self), (self.path, self.reason)


def read_image(path: str | Path) -> np.ndarray:
    """Read an image as (H, W, 3) uint8 BGR; raise ``UnreadableFrameError`` when it is not whole.

    OpenCV decodes a truncated JPEG or PNG into a partly grey picture without complaint, so the end
    markers are looked for first: a JPEG's end of image after its last start of scan (a thumbnail's
    comes before), a PNG's IEND chunk.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise UnreadableFrameError(path, error.strerror or str(error)) from error
    if data[:2] == b'\xff\xd8' and data.rfind(b'\xff\xd9') < data.rfind(b'\xff\xda'):
        raise UnreadableFrameError(path, 'truncated JPEG')
    if data[:4] == b'\x89PNG' and b'IEND' not in data:
        raise UnreadableFrameError(path, 'truncated PNG')
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if image is None:
        raise UnreadableFrameError(path, 'not an image that OpenCV can decode')
    return image
