"""Format of packed clips: frames decoded and resized once, in an LMDB database.

A folder:

- ``data.mdb``: the database. Keys are ASCII; c is the number of a clip and t of a frame, eight
  hexadecimal digits each, so that a clip's values lie one after another:
  ``c t F`` frame, ``c t M`` mask, ``c B`` background; in place of what could not be read
  ``c t G``, ``c t N``, ``c D`` with the reason, and ``c C`` for a clip that could not be opened;
  ``format`` the identity of this packing;
- ``frame_counts.npy`` (M,) int32; ``names.npy`` (bytes,) uint8 and ``name_ends.npy`` (M,) int64,
  see ``ByteTable``. Nothing is listed per frame: a key follows from its numbers;
- ``packed.json``: what it is, written last.

One value a frame, not one a clip: a read copies its value, and docs/packed_data.md shows what
copying whole clips costs. A clip of any length can be packed so, too.
"""
from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from ikp_mm.io.byte_table import ByteTable, map_array

FORMAT, VERSION = 'ikp_mm packed clips', 1
DESCRIPTION, DATABASE, FORMAT_KEY = 'packed.json', 'data.mdb', 'format'
# 'raw' and 'png' give back the very pixels; 'jpeg' does not.
CODECS = ('raw', 'png', 'jpeg')
JPEG_QUALITY = 95
FRAME, FRAME_GONE, MASK, MASK_GONE = 'F', 'G', 'M', 'N'
BACKGROUND, BACKGROUND_GONE, CLIP_GONE = 'B', 'D', 'C'
_ARRAYS = dict(frame_counts=np.int32, names=np.uint8, name_ends=np.int64)


class PackedFormatError(RuntimeError):
    """A folder that holds no whole packed set of this version."""


def frame_key(clip: int, t: int, kind: str) -> str:
    """Key of what belongs to one frame."""
    return f'{clip:08x}{t:08x}{kind}'


def clip_key(clip: int, kind: str) -> str:
    """Key of what belongs to a clip. Capitals sort behind digits: after the clip's frames."""
    return f'{clip:08x}{kind}'


def encode_frame(image: np.ndarray, codec: str) -> bytes:
    """(S, S, 3) uint8 BGR as bytes."""
    if codec == 'raw':
        return image.tobytes()
    # PNG: the least effort; more makes packing many times slower and little smaller.
    options = ([cv2.IMWRITE_PNG_COMPRESSION, 1] if codec == 'png'
               else [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return cv2.imencode(f'.{codec}', image, options)[1].tobytes()


def decode_frame(value: bytes, codec: str, size: int) -> np.ndarray | None:
    """(S, S, 3) uint8 BGR, for 'raw' a read-only view; None when the value is no such image."""
    if codec == 'raw':
        if len(value) != 3 * size * size:
            return None
        return np.frombuffer(value, np.uint8).reshape(size, size, 3)
    image = cv2.imdecode(np.frombuffer(value, np.uint8), cv2.IMREAD_COLOR) if value else None
    return None if image is None or image.shape != (size, size, 3) else image


def encode_mask(mask: np.ndarray) -> bytes:
    """(S, S) float32 in [0, 1] as grey levels where these give back the very values, else as it
    is."""
    mask = np.ascontiguousarray(mask, np.float32)
    levels = np.rint(mask * 255).clip(0, 255).astype(np.uint8)
    exact = np.array_equal(levels.astype(np.float32) / 255, mask)
    return (levels if exact else mask).tobytes()


def decode_mask(value: bytes, size: int) -> np.ndarray | None:
    """(S, S) float32; None when the value is no such mask."""
    if len(value) == size * size:
        return np.frombuffer(value, np.uint8).reshape(size, size).astype(np.float32) / 255
    if len(value) == 4 * size * size:
        return np.frombuffer(value, np.float32).reshape(size, size)
    return None


@dataclass(frozen=True)
class PackedIndex:
    """What is known of a packed set before its database is opened.

    Attributes:
        path: the folder.
        about: ``packed.json``: image_size, codec, masks, identity, bytes (of the database), ...
        frame_counts: (M,) int32, mapped; 0 where a clip could not be opened.
        names: of the M clips, mapped.
    """

    path: Path
    about: dict
    frame_counts: np.ndarray
    names: ByteTable

    @classmethod
    def open(cls, path: str | Path) -> PackedIndex:
        """Map the index of a packed set.

        Raises:
            FileNotFoundError: there is none.
            PackedFormatError: not packed clips, of another version, truncated or damaged.
        """
        path = Path(path)
        if not (path / DESCRIPTION).is_file():
            raise FileNotFoundError(
                f'{path} holds no packed clips (no {DESCRIPTION}); make them with "python '
                f'tools/pack_clips.py CONFIG --out {path}", see docs/packed_data.md')
        try:
            about = json.loads((path / DESCRIPTION).read_text(encoding='utf-8'))
        except ValueError as error:
            raise PackedFormatError(f'{path / DESCRIPTION} is damaged ({error}); pack the clips '
                                    'anew') from error
        if about.get('format') != FORMAT or about.get('version') != VERSION:
            raise PackedFormatError(
                f'{path} is {about.get("format")!r} of version {about.get("version")}, this '
                f'program reads {FORMAT!r} of version {VERSION}; pack the clips anew')
        database = path / DATABASE
        found = database.stat().st_size if database.is_file() else None
        # A mapped file that ends too early would kill the process, without a message.
        if found != about['bytes']:
            raise PackedFormatError(
                f'{database} is ' + ('not there' if found is None else f'{found} bytes long')
                + f', it was packed with {about["bytes"]} bytes: copy it again, or pack anew')
        arrays = {name: _mapped(path / f'{name}.npy', kind) for name, kind in _ARRAYS.items()}
        try:
            names = ByteTable(arrays['names'], arrays['name_ends'])
        except ValueError as error:
            raise PackedFormatError(
                f'{path} is damaged: {error}; pack the clips anew') from error
        if not len(names) == len(arrays['frame_counts']) == about['clips']:
            raise PackedFormatError(
                f'{path} is damaged: {about["clips"]} clips are stated, {len(names)} named, '
                f'{len(arrays["frame_counts"])} counted; pack the clips anew')
        return cls(path, about, arrays['frame_counts'], names)

    @staticmethod
    def write(path: Path, about: dict, frame_counts: np.ndarray, names: ByteTable) -> None:
        """Write the index beside the database, ``packed.json`` last."""
        arrays = dict(frame_counts=frame_counts, names=names.data, name_ends=names.ends)
        for name, kind in _ARRAYS.items():
            np.save(path / f'{name}.npy', np.asarray(arrays[name], kind))
        (path / DESCRIPTION).write_text(json.dumps(about, indent=1) + '\n', encoding='utf-8')


def _mapped(path: Path, dtype: type) -> np.ndarray:
    try:
        return map_array(path, dtype)
    except ValueError as error:
        raise PackedFormatError(f'{error}; pack the clips anew') from error
