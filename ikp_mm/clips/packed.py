"""Packed clips: frames decoded and resized once, in an LMDB database (docs/speed.md).

A packed set is a folder of plain data; nothing in it is ever executed or unpickled:

- ``data.mdb``: the LMDB database. Keys are ASCII; c is the number of a clip and t of a frame, eight
  hexadecimal digits each, so that a clip's values lie one after another: ``c t F`` frame, ``c t M``
  mask, ``c B`` background; in place of what could not be read ``c t G``, ``c t N``, ``c D`` with
  the reason, and ``c C`` for a clip that could not be opened; ``format`` the identity of this
  packing;
- ``frame_counts.npy`` (M,) int32; ``names.npy`` (bytes,) uint8, all names joined, and
  ``name_ends.npy`` (M,) int64, where each ends;
- ``packed.json``: what it is, written last.
"""
from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from mmengine.logging import MMLogger
from mmpose.registry import DATASETS

from ikp_mm.clips.clip_list import choose
from ikp_mm.io.find import check_patterns
from ikp_mm.io.optional import optional
from ikp_mm.io.pictures import UnreadableFrameError

FORMAT, VERSION = 'ikp_mm packed clips', 1
DESCRIPTION, DATABASE, FORMAT_KEY = 'packed.json', 'data.mdb', 'format'
# 'raw' and 'png' give back the very pixels; 'jpeg' does not.
CODECS = ('raw', 'png', 'jpeg')
# PNG: the least effort; more makes packing many times slower and little smaller.
_OPTIONS = dict(png=[cv2.IMWRITE_PNG_COMPRESSION, 1], jpeg=[cv2.IMWRITE_JPEG_QUALITY, 95])
FRAME, MASK, BACKGROUND, CLIP_GONE = 'F', 'M', 'B', 'C'
# Kind of the reason that stands in place of what could not be read.
GONE = {FRAME: 'G', MASK: 'N', BACKGROUND: 'D'}
ABOUT = dict(identity=str, image_size=int, codec=str, masks=bool, clips=int, bytes=int)
ARRAYS = dict(frame_counts=np.int32, names=np.uint8, name_ends=np.int64)


class PackedFormatError(RuntimeError):
    """A folder that holds no whole packed set of this version."""


def key_of(kind: str, clip: int, t: int | None = None) -> bytes:
    """Key of a value. Capitals sort behind digits: what belongs to a clip behind its frames."""
    return f'{clip:08x}{"" if t is None else f"{t:08x}"}{kind}'.encode()


def encode_frame(image: np.ndarray, codec: str) -> bytes:
    """(S, S, 3) uint8 BGR as bytes; ``decode_frame`` is the way back."""
    if codec == 'raw':
        return image.tobytes()
    return cv2.imencode(f'.{codec}', image, _OPTIONS[codec])[1].tobytes()


def decode_frame(value: bytes, codec: str, size: int) -> np.ndarray | None:
    """(S, S, 3) uint8 BGR, for 'raw' a read-only view; None when the value is no such image."""
    data = np.frombuffer(value, np.uint8)
    if codec == 'raw':
        return data.reshape(size, size, 3) if len(data) == 3 * size * size else None
    image = cv2.imdecode(data, cv2.IMREAD_COLOR) if value else None
    return None if image is None or image.shape != (size, size, 3) else image


def encode_mask(mask: np.ndarray) -> bytes:
    """(S, S) float32 in [0, 1]: as grey levels where these give back the values, else as is."""
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


def require_lmdb():
    """The module lmdb; raises ImportError, and says how to install it, where it is not there."""
    return optional('lmdb', 'packed clips need lmdb: pip install lmdb')


@DATASETS.register_module()
class PackedClips:
    """A clip source (see ``ikp_mm.clips.folders``) read from a packed set.

    Clips, their order and their frame numbers are those of the source that was packed; what was
    unreadable there raises ``UnreadableFrameError`` here. The pages of the database are the
    operating system's, shared by all loader workers.

    Args:
        path: the folder that ``tools/pack_clips.py`` wrote.
        image_size: side S of the frames, that which they were packed with.
        include, exclude: glob patterns on clip names, see ``FolderClips``.

    Raises:
        FileNotFoundError: nothing is packed there, or no clip is left by include and exclude.
        PackedFormatError: of another version, truncated or damaged.
        ValueError: packed with another image size; one string in place of a list.
    """

    # Environments opened by this process: LMDB wants one a file, and none that was forked.
    _opened: dict[str, tuple[int, str, object]] = {}

    def __init__(self, path: str, image_size: int, include: Sequence[str] | None = None,
                 exclude: Sequence[str] = ()) -> None:
        check_patterns(include, exclude)
        self.path, self.image_size = Path(path), int(image_size)
        about, counts, names = _read_index(self.path)
        if about['image_size'] != image_size:
            raise ValueError(
                f'{path} was packed with image_size={about["image_size"]}, the dataset asks for '
                f'image_size={image_size}: pack the clips with --image-size {image_size}')
        self._codec, self._masks, self._identity = about['codec'], about['masks'], about['identity']
        # Numbers in the database of the clips that are used.
        self._numbers = choose(names, include, exclude, f'in {path}')
        self._names = names[self._numbers]
        # (M,) int32, numbers of frames; 0 for a clip that could not be opened.
        self.frame_counts = counts[self._numbers]
        empty = np.flatnonzero(self.frame_counts == 0)
        if len(empty):
            MMLogger.get_current_instance().warning(
                f'{self.path}: {len(empty)} clips could not be opened when they were packed and '
                f'have no frames, e.g. {", ".join(self.name(clip) for clip in empty[:10])}')

    def __len__(self) -> int:
        return len(self._numbers)

    def name(self, clip: int) -> str:
        """The clip's name in the source."""
        return os.fsdecode(self._names[clip])

    def num_frames(self, clip: int) -> int:
        """Number of frames.

        Raises:
            UnreadableFrameError: the source could not open the clip.
        """
        count = int(self.frame_counts[clip])
        if count == 0:
            reason = self._value(CLIP_GONE, clip)
            if reason is not None:
                raise UnreadableFrameError(f'{self.path}/{self.name(clip)}', reason.decode())
        return count

    def frame(self, clip: int, t: int) -> np.ndarray:
        """Frame t as (S, S, 3) uint8 BGR, read-only.

        Raises:
            UnreadableFrameError: it was unreadable when packed, or is missing or damaged.
            IndexError: t is not in 0 .. num_frames - 1.
        """
        return self._read(FRAME, clip, t)

    def mask(self, clip: int, t: int) -> np.ndarray:
        """The mask of frame t, (S, S) float32 in [0, 1], 1 on the figure; read-only.

        Raises:
            ValueError: the set was packed without masks.
            UnreadableFrameError, IndexError: as ``frame``.
        """
        if not self._masks:
            raise ValueError(f'{self.path} was packed without masks: pack it with --masks from a '
                             'source that comes with them')
        return self._read(MASK, clip, t)

    def background(self, clip: int) -> np.ndarray | None:
        """The background that was packed with the clip, (S, S, 3) uint8 BGR, read-only; None when
        there was none. Raises as ``frame``."""
        return self._read(BACKGROUND, clip)

    def _read(self, kind: str, clip: int, t: int | None = None) -> np.ndarray | None:
        what = {FRAME: f'frame {t}', MASK: f'mask {t}', BACKGROUND: 'background'}[kind]
        where = f'{self.path}/{self.name(clip)} {what}'
        if t is not None and not 0 <= t < self.frame_counts[clip]:
            raise IndexError(f'{where}: the clip has {self.frame_counts[clip]} frames')
        value = self._value(kind, clip, t)
        if value is None:
            reason = self._value(GONE[kind], clip, t)
            if reason is None and kind == BACKGROUND:
                return None
            raise UnreadableFrameError(
                where, 'missing from the database' if reason is None else reason.decode())
        if kind == MASK:
            image = decode_mask(value, self.image_size)
        else:
            image = decode_frame(value, self._codec if kind == FRAME else 'raw', self.image_size)
        if image is None:
            raise UnreadableFrameError(where, f'{len(value)} bytes that are no such image')
        return image

    def _value(self, kind: str, clip: int, t: int | None = None) -> bytes | None:
        with self._environment().begin() as transaction:
            return transaction.get(key_of(kind, int(self._numbers[clip]), t))

    def _environment(self):
        """The database, opened once in each process. What a fork inherits it closes, which leaves
        its parent's alone."""
        path = os.path.realpath(self.path)
        process, identity, environment = self._opened.get(path, (None, None, None))
        if (process, identity) == (os.getpid(), self._identity):
            return environment
        if environment is not None:  # another process's, or packed over in the meantime
            environment.close()
        environment = require_lmdb().open(path, readonly=True, lock=False, readahead=False)
        with environment.begin() as transaction:
            found = (transaction.get(FORMAT_KEY.encode()) or b'nothing').decode()
        if found != self._identity:
            raise PackedFormatError(
                f'{path} holds the database of another packing than its index says ({found}, '
                f'not {self._identity}): it was copied in part, or packed anew while it was in use')
        self._opened[path] = os.getpid(), self._identity, environment
        return environment


def _read_index(path: Path) -> tuple[dict, np.ndarray, np.ndarray]:
    """``packed.json``, (M,) frame counts and (M,) names of a packed set, all checked."""
    def damaged(what: str) -> PackedFormatError:
        return PackedFormatError(f'{path}{what}; pack the clips anew')

    if not (path / DESCRIPTION).is_file():
        raise FileNotFoundError(
            f'{path} holds no packed clips (no {DESCRIPTION}); make them with "python '
            f'tools/pack_clips.py CONFIG --out {path}", see docs/speed.md')
    try:
        about = dict(json.loads((path / DESCRIPTION).read_text(encoding='utf-8')))
    except (ValueError, TypeError) as error:
        raise damaged(f'/{DESCRIPTION} is damaged ({error})') from error
    if about.get('format') != FORMAT or about.get('version') != VERSION:
        raise damaged(f' is {about.get("format")!r} of version {about.get("version")}, this '
                      f'program reads {FORMAT!r} of version {VERSION}')
    wrong = [key for key, kind in ABOUT.items() if not isinstance(about.get(key), kind)]
    if wrong or about['codec'] not in CODECS:
        raise damaged(f'/{DESCRIPTION} is damaged: no good {", ".join(wrong or ["codec"])}')
    database = path / DATABASE
    found = f'{database.stat().st_size} bytes long' if database.is_file() else 'not there'
    # A mapped file that ends too early would kill the process, without a message.
    if found != f'{about["bytes"]} bytes long':
        raise PackedFormatError(f'{database} is {found}, it was packed with {about["bytes"]} '
                                'bytes: copy it again, or pack anew')
    arrays = []
    for name, kind in ARRAYS.items():
        try:
            array = np.load(path / f'{name}.npy', allow_pickle=False)
        except (OSError, ValueError) as error:
            raise damaged(f'/{name}.npy cannot be read ({error})') from error
        if array.dtype != kind or array.ndim != 1:
            raise damaged(f'/{name}.npy holds {array.dtype} {array.shape}, not {np.dtype(kind)}')
        arrays.append(array)
    counts, joined, ends = arrays
    if not len(ends) == len(counts) == about['clips'] > 0 or ends[-1] != len(joined):
        raise damaged(f' is damaged: {about["clips"]} clips are stated, {len(ends)} named in '
                      f'{len(joined)} bytes, {len(counts)} counted')
    joined, ends = joined.tobytes(), ends.tolist()
    return about, counts, np.array([joined[a:b] for a, b in zip([0, *ends], ends)], np.bytes_)
