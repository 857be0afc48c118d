"""Pictures from and to files: the one decoder, and what is said of a file that is no picture.

What a viewer shows is read: turned by its EXIF orientation, transparent places over white (as on a
page), bytes behind the picture's end ignored. Pictures that are not whole are refused, and so are
those of more than 8 bits whose values do not fill their range, since nothing says what is white.
"""
from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
from PIL import ExifTags, Image, ImageOps

PNG_START = b'\x89PNG\r\n\x1a\n'
# Markers of a JPEG.
_START_OF_SCAN, _END_OF_IMAGE = 0xda, b'\xff\xd9'
# Cameras of 10, 12 and 14 bits store values up to this in 16.
_MOST_OF_14_BITS = 2**14 - 1


class UnreadableFrameError(OSError):
    """The file ``path`` is missing, truncated or no image at all; ``reason`` says which."""

    def __init__(self, path: str | Path, reason: str) -> None:
        super().__init__(f'{path}: {reason}')
        self.path, self.reason = str(path), reason

    def __reduce__(self):  # crosses the process border from a loader worker
        return type(self), (self.path, self.reason)


def read_image(path: str | Path) -> np.ndarray:
    """Read an image as (H, W, 3) uint8 BGR.

    Raises:
        UnreadableFrameError: missing, no image, or not whole (OpenCV alone decodes a truncated
            JPEG or PNG into a partly grey picture); 16-bit values that end below a quarter of
            their range; values of other types; several pictures in one file.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise UnreadableFrameError(path, error.strerror or str(error)) from error
    transparent = False
    if data[:2] == b'\xff\xd8':
        if not _is_whole_jpeg(data):
            raise UnreadableFrameError(path, 'truncated JPEG')
    elif data[:8] == PNG_START:
        chunks = _png_chunks(data)
        if chunks[:1] != [b'IHDR'] or chunks[-1:] != [b'IEND']:
            raise UnreadableFrameError(path, 'truncated PNG')
        if b'acTL' in chunks:
            raise UnreadableFrameError(path, 'is animated, and a frame is one picture: write one '
                                       'file a frame')
        if data[24] == 16:  # bits a value
            _check_values(path, data)
        transparent = data[25] in (4, 6) or b'tRNS' in chunks  # grey or colour with alpha
    elif data[:4] in (b'II*\0', b'MM\0*'):
        if cv2.imcount(str(path)) > 1:
            raise UnreadableFrameError(path, f'holds {cv2.imcount(str(path))} pictures, of which '
                                       'a viewer shows the first: write one file a frame')
        transparent = _check_values(path, data) == 4
    elif data[:4] == b'RIFF':
        # OpenCV blackens what is transparent in a WebP, and does not turn it by EXIF.
        transparent = data[12:16] == b'VP8L' or (data[12:16] == b'VP8X' and bool(data[20] & 0x1a))
    elif data[:2] != b'BM' and data:  # of others, some have more than 8 bits
        _check_values(path, data)
    image = _over_white(path, data) if transparent else _decode(data, cv2.IMREAD_COLOR)
    if image is None:
        raise UnreadableFrameError(path, 'not an image that OpenCV can decode')
    return image


def image_size(path: str | Path) -> tuple[int, int]:
    """Width and height of what ``read_image`` gives, from the file's header (of a TIFF, whose size
    Pillow turns in some versions, from the picture).

    Raises:
        UnreadableFrameError: missing, or no image.
    """
    try:
        with Image.open(path) as picture:
            if picture.format == 'TIFF':
                return read_image(path).shape[1::-1]
            turned = picture.getexif().get(ExifTags.Base.Orientation, 1) > 4
            return picture.size[::-1] if turned else picture.size
    except UnreadableFrameError:
        raise
    except OSError as error:
        raise UnreadableFrameError(path, error.strerror or 'not an image') from error


def over_white(image: np.ndarray) -> np.ndarray:
    """(H, W, 4) uint8, colours and alpha -> (H, W, 3) uint8, seen before white."""
    colours, alpha = image[..., :3].astype(np.uint32), image[..., 3:].astype(np.uint32)
    return ((colours * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)


def _decode(data: bytes, flags: int) -> np.ndarray | None:
    return cv2.imdecode(np.frombuffer(data, np.uint8), flags) if data else None


def _is_whole_jpeg(data: bytes) -> bool:
    """Whether the end of the image is there: of the picture itself, not of a thumbnail in a
    segment before its scan."""
    at = data.find(b'\xff', 2)
    while 0 < at < len(data) - 1:
        marker = data[at + 1]
        if marker == _START_OF_SCAN:
            # No marker stands amid compressed data: the first end of image is the picture's.
            return data.find(_END_OF_IMAGE, at) >= 0
        # Behind a marker stands the length of its segment, itself included; 0xff only fills.
        skipped = 1 if marker == 0xff else 2 + int.from_bytes(data[at + 2:at + 4], 'big')
        at = data.find(b'\xff', at + skipped)
    return False


def _png_chunks(data: bytes) -> list[bytes]:
    """Types of the whole chunks up to IEND."""
    chunks, at = [], len(PNG_START)
    while chunks[-1:] != [b'IEND']:
        end = at + 12 + int.from_bytes(data[at:at + 4], 'big')
        if len(data) < max(end, at + 12):
            break
        chunks.append(data[at + 4:at + 8])
        at = end
    return chunks


def _check_values(path: str | Path, data: bytes) -> int:
    """Refuse values that no viewer shows as they are meant; returns the number of channels."""
    image = _decode(data, cv2.IMREAD_UNCHANGED)
    if image is None:
        raise UnreadableFrameError(path, 'not an image that OpenCV can decode')
    if image.dtype not in (np.uint8, np.uint16):
        raise UnreadableFrameError(path, f'a picture of {image.dtype} values: nothing says which '
                                   'is white; save it with 8 bits')
    channels = 1 if image.ndim == 2 else image.shape[2]
    colours = image[..., :3] if channels == 4 else image
    # 8 bits written as 16 are multiples of 257, however dark.
    if image.dtype == np.uint16 and colours.max() <= _MOST_OF_14_BITS and (colours % 257).any():
        bits = int(colours.max()).bit_length()
        raise UnreadableFrameError(
            path, f'16-bit values that end at {colours.max()}, as of a camera of '
            f'{next(n for n in (10, 12, 14) if bits <= n)} bits: a viewer shows them nearly '
            'black. Scale them to the whole range, or save 8 bits')
    return channels


def _over_white(path: str | Path, data: bytes) -> np.ndarray:
    try:
        with Image.open(io.BytesIO(data)) as picture:
            if getattr(picture, 'is_animated', False):
                raise UnreadableFrameError(
                    path, f'holds {picture.n_frames} pictures: write one file a frame')
            turned = np.asarray(ImageOps.exif_transpose(picture).convert('RGBA'))
    except UnreadableFrameError:
        raise
    except (OSError, ValueError) as error:
        raise UnreadableFrameError(
            path, f'not an image that Pillow can decode ({error})') from error
    return np.ascontiguousarray(over_white(turned)[..., ::-1])


def write_image(path: Path, image: np.ndarray, *parameters: int) -> None:
    """``cv2.imwrite``, but an image that cannot be written is an OSError, and folders to it are
    made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(str(path), image, parameters):
        raise OSError(f'{path} cannot be written')
