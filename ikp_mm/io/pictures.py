"""Pictures from files: the one decoder, and what is said of a file that is no picture."""
from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

NON_SQUARE = ('error', 'crop', 'pad')


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


def resize_square(image: np.ndarray, size: int, non_square: str, what: str) -> np.ndarray:
    """Resize an (H, W, 3) image to (size, size, 3).

    Args:
        image: (H, W, 3) uint8.
        size: side of the result.
        non_square: what to do when H != W: 'error' refuses, 'crop' takes the central square,
            'pad' adds black bars, which is what MMPose's ``TopdownAffine`` does with a whole frame.
        what: name of the image for the error message.
    """
    height, width = image.shape[:2]
    if height != width:
        if non_square == 'error':
            raise ValueError(f"{what} is {width} x {height}, not square: set non_square='crop' "
                             "(central square) or 'pad' (black bars), or crop the frames")
        if non_square == 'crop':
            side = min(height, width)
            top, left = (height - side) // 2, (width - side) // 2
            image = image[top:top + side, left:left + side]
        else:
            side = max(height, width)
            top, left = (side - height) // 2, (side - width) // 2
            image = cv2.copyMakeBorder(image, top, side - height - top, left, side - width - left,
                                       cv2.BORDER_CONSTANT, value=(0, 0, 0))
    if image.shape[0] == size:
        return np.ascontiguousarray(image)
    shrinks = image.shape[0] > size
    return cv2.resize(image, (size, size),
                      interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
