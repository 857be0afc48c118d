"""Packed clips: frames decoded and resized once, in an LMDB database (docs/speed.md).

A packed set is a folder of two files, of which nothing is executed or unpickled:

- ``packed.json``: side of the frames, codec, names and numbers of frames of the clips, and by key
  why something could not be read;
- ``data.mdb``: the LMDB database. Its keys are ``<clip> <t> frame``, ``<clip> <t> mask`` and
  ``<clip> background``, numbers with ten digits, so that a clip's values lie one after another;
  and ``format``, the version of this format with the SHA-256 of ``packed.json``. Behind each image
  lies its CRC-32, four bytes, little end first.
"""
from __future__ import annotations

import hashlib
import json
import os
import uuid
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from mmengine.logging import MMLogger
from mmpose.registry import DATASETS

from ikp_mm.clips.background import BackgroundModel, GivenMasks
from ikp_mm.clips.clip_list import choose, name_array
from ikp_mm.io.atomic import atomic_folder
from ikp_mm.io.find import check_patterns
from ikp_mm.io.optional import optional
from ikp_mm.io.pictures import UnreadableFrameError
from ikp_mm.io.progress import Progress
from ikp_mm.io.workers import in_workers

FORMAT = 'ikp_mm packed clips 3'
INDEX, DATABASE, FORMAT_KEY = 'packed.json', 'data.mdb', b'format'
# Of frames: 'raw' gives back the very pixels; 'jpeg' does not.
CODECS = ('raw', 'jpeg')
# Of what else there is.
CODEC_OF = dict(background='raw', mask='mask')
JPEG_QUALITY = 95
CHECKSUM_BYTES = 4
# Frames that a worker hands over at a time.
FRAMES_PER_JOB = 64


class PackedFormatError(RuntimeError):
    """A folder that holds no whole packed set of this version."""


def key_of(kind: str, clip: int, t: int | None = None) -> str:
    """Key of a 'frame', a 'mask', a 'background' or, where it could not be opened, a 'clip'.
    Letters sort behind digits: what belongs to a clip comes behind its frames."""
    return f'{clip:010d} {kind}' if t is None else f'{clip:010d} {t:010d} {kind}'


def layout(codec: str, size: int) -> tuple[type, tuple[int, ...]]:
    """Values and shape of images of side S: (S, S, 3) uint8 BGR, with 'mask' (S, S) float32."""
    return (np.float32, (size, size)) if codec == 'mask' else (np.uint8, (size, size, 3))


def encode(image: np.ndarray, codec: str) -> bytes:
    """An image as bytes with their checksum; ``decode`` is the way back."""
    if codec == 'jpeg':
        image = cv2.imencode('.jpg', image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1]
    data = image.tobytes()
    return data + _checksum(data)


def decode(value: bytes, codec: str, size: int) -> np.ndarray | None:
    """The image, which may be read-only; None when the value is no image of that ``layout``, or
    not as it was written."""
    data = memoryview(value)[:-CHECKSUM_BYTES]
    dtype, shape = layout(codec, size)
    if not data or _checksum(data) != value[-CHECKSUM_BYTES:]:
        return None
    if codec == 'jpeg':
        image = cv2.imdecode(np.frombuffer(data, dtype), cv2.IMREAD_COLOR)
        return image if image is not None and image.shape == shape else None
    whole = len(data) == np.dtype(dtype).itemsize * np.prod(shape)
    return np.frombuffer(data, dtype).reshape(shape) if whole else None


def _checksum(data: bytes | memoryview) -> bytes:
    return zlib.crc32(data).to_bytes(CHECKSUM_BYTES, 'little')


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
        PackedFormatError: of another version, damaged, or not all of it is there.
        ValueError: packed with another image size; one string in place of a list.
        ImportError: lmdb is not installed.
    """

    # Of each path the process, the identity of the set and its open database.
    _opened: dict[str, tuple[int, str, object]] = {}

    def __init__(self, path: str, image_size: int, include: Sequence[str] | None = None,
                 exclude: Sequence[str] = ()) -> None:
        check_patterns(include, exclude)
        self.path, self.image_size = Path(path), int(image_size)
        if not (self.path / INDEX).is_file():
            raise FileNotFoundError(
                f'{path} holds no packed clips (no {INDEX}); make them with "python '
                f'tools/pack_clips.py CONFIG --out {path}", see docs/speed.md')
        text = (self.path / INDEX).read_bytes()
        self._identity = _identity(text)
        self._database()  # refuses all that is not as it was written
        index = json.loads(text)
        if index['image_size'] != image_size:
            raise ValueError(
                f'{path} was packed with image_size={index["image_size"]}, the dataset asks for '
                f'image_size={image_size}: pack the clips with --image-size {image_size}')
        self._codec, self._masks = index['codec'], index['masks']
        self._unreadable: dict[str, str] = index['unreadable']  # reasons by key
        names = name_array(index['names'])
        # Numbers in the set of the clips that are used.
        self._numbers = choose(names, include, exclude, f'in {path}')
        self._names = names[self._numbers]
        # (M,) int32, numbers of frames; 0 for a clip that could not be opened.
        self.frame_counts = np.array(index['frame_counts'], np.int32)[self._numbers]
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
        reason = self._unreadable.get(key_of('clip', self._numbers[clip]))
        if reason is not None:
            raise UnreadableFrameError(f'{self.path}/{self.name(clip)}', reason)
        return int(self.frame_counts[clip])

    def frame(self, clip: int, t: int) -> np.ndarray:
        """Frame t as (S, S, 3) uint8 BGR, read-only.

        Raises:
            UnreadableFrameError: it was unreadable when packed, or is missing or damaged.
            IndexError: t is not in 0 .. num_frames - 1.
        """
        return self._read('frame', clip, t)

    def mask(self, clip: int, t: int) -> np.ndarray:
        """The mask of frame t, (S, S) float32 in [0, 1], 1 on the figure; read-only.

        Raises:
            ValueError: the set was packed without masks.
            UnreadableFrameError, IndexError: as ``frame``.
        """
        if not self._masks:
            raise ValueError(f'{self.path} was packed without masks: pack it with --masks from a '
                             'source that comes with them')
        return self._read('mask', clip, t)

    def background(self, clip: int) -> np.ndarray | None:
        """The background that was packed with the clip, (S, S, 3) uint8 BGR, read-only; None when
        there was none. Raises as ``frame``."""
        return self._read('background', clip)

    def _read(self, kind: str, clip: int, t: int | None = None) -> np.ndarray | None:
        where = f'{self.path}/{self.name(clip)} {kind}' + ('' if t is None else f' {t}')
        if t is not None and not 0 <= t < self.frame_counts[clip]:
            raise IndexError(f'{where}: the clip has {self.frame_counts[clip]} frames')
        key = key_of(kind, self._numbers[clip], t)
        if key in self._unreadable:
            raise UnreadableFrameError(where, self._unreadable[key])
        try:
            with self._database().begin() as transaction:
                value = transaction.get(key.encode())
        except _lmdb().Error as error:
            raise UnreadableFrameError(where, f'{DATABASE} is damaged ({error})') from error
        if value is None and kind == 'background':
            return None
        image = decode(value or b'', CODEC_OF.get(kind, self._codec), self.image_size)
        if image is None:
            raise UnreadableFrameError(where, 'missing from the database, or damaged')
        return image

    def _database(self):
        """The database, opened once in each process: LMDB wants one environment a file, and none
        that was forked. Closing what a fork inherits leaves its parent's alone."""
        path, wanted = os.path.realpath(self.path), (os.getpid(), self._identity)
        if path in self._opened and self._opened[path][:2] != wanted:
            self._opened.pop(path)[2].close()  # another process's, or packed over in the meantime
        if path not in self._opened:
            self._opened[path] = *wanted, _open(path, self._identity)
        return self._opened[path][2]


def pack_clips(clips, out: str | Path, image_size: int, codec: str = 'raw', masks: bool = False,
               background: dict | None = None, workers: int = 0, overwrite: bool = False,
               say: Callable[[str], None] = print) -> dict:
    """Pack all clips of a source; ``out`` is there when all is written, or not at all.

    Args:
        clips: a clip source, or the config of one (``image_size`` is passed on to it).
        out: the folder to write.
        image_size: side S of the frames.
        codec: 'raw' (gives back the very pixels) or 'jpeg' (does not).
        masks: pack the source's masks too.
        background: None packs the backgrounds that the source gives, if any; options of
            ``BackgroundModel`` (without ``fill``) pack those that it computes, to be used as given
            ones: the same values, computed once.
        workers: processes that read and encode; 0 does it in this one.
        overwrite: replace packed clips, of any version, that lie at ``out``.
        say: where progress goes, a line at a time.

    Returns:
        What ``packed.json`` holds, such as ``frame_counts`` and, by key, as 'file: reason' all
        that is ``unreadable``.

    Raises:
        FileExistsError: something lies at ``out`` (with ``overwrite``: that is no packed set).
        ImportError: lmdb is not installed.
        ValueError: bad options; frames or masks of another size.
    """
    if codec not in CODECS:
        raise ValueError(f'codec must be one of {CODECS}, got {codec!r}')
    _lmdb()  # before clips are looked for, which may take long
    with atomic_folder(Path(out), INDEX, 'packed set', overwrite) as partial:
        if isinstance(clips, Mapping):
            clips = DATASETS.build(dict(clips), default_args=dict(image_size=image_size))
        counts, unreadable = [], {}
        for clip in range(len(clips)):
            try:
                counts.append(int(clips.num_frames(clip)))
            except UnreadableFrameError as error:
                counts.append(0)
                unreadable[key_of('clip', clip)] = str(error)
        # The id: sets packed from one source at different times are told apart.
        index = dict(format=FORMAT, id=uuid.uuid4().hex, image_size=image_size, codec=codec,
                     masks=masks, unreadable=unreadable, frame_counts=counts,
                     names=[clips.name(clip) for clip in range(len(clips))])
        jobs = ((clip, first, count) for clip, count in enumerate(counts)
                if key_of('clip', clip) not in unreadable
                for first in range(0, max(count, 1), FRAMES_PER_JOB))
        # The workers get the source itself: one that they built might find other clips on disk.
        encoder = clips, image_size, codec, masks, background
        _write(partial, index, in_workers(_Encoder, encoder, jobs, workers),
               Progress(sum(counts), 'frames', say))
    return index


def _write(folder: Path, index: dict, encoded: Iterable[tuple], progress: Progress) -> None:
    """Write what ``_Encoder`` returns, job by job, then the index with all that was unreadable."""
    # The map must hold the file, which grows to what is needed: of each value its pixels, what an
    # encoder adds to noise, a page begun and its share of the tree.
    most = index['image_size']**2 * (7 if index['masks'] else 3) * 1.04 + 4 * 4096
    map_size = int((sum(index['frame_counts']) + len(index['names']) + 64) * most)
    # No lock file: nobody else knows of it. Not synced until it is whole.
    database = _lmdb().open(str(folder), lock=False, sync=False, metasync=False, map_size=map_size)
    done = 0
    for values, unreadable, count in encoded:
        with database.begin(write=True) as transaction:
            for key, value in values.items():
                # Behind all that are there, which fills pages fully.
                if not transaction.put(key.encode(), value, append=True):
                    raise RuntimeError(f'{folder}: key {key!r} comes out of order')
        index['unreadable'].update(unreadable)
        done += count
        progress.at(done)
    text = json.dumps(index, indent=1).encode()
    (folder / INDEX).write_bytes(text)
    with database.begin(write=True) as transaction:
        transaction.put(FORMAT_KEY, _identity(text).encode())
    database.sync(True)
    length = _length(database)
    database.close()
    os.truncate(folder / DATABASE, length)  # LMDB may leave out unused pages at the end


class _Encoder:
    """Called with (clip, first frame, number of the clip's frames), returns the values by key, in
    order, of at most ``FRAMES_PER_JOB`` frames, the reasons by key of what could not be read, and
    the number of frames. A clip's background comes with its last frames."""

    def __init__(self, clips, image_size: int, codec: str, masks: bool, background: dict | None
                 ) -> None:
        self.clips, self.image_size, self.codec = clips, image_size, codec
        self._read: dict[str, Callable] = dict(frame=clips.frame)
        if masks:
            self._read['mask'] = GivenMasks(clips, image_size).weight
        self._background = clips.background if background is None else BackgroundModel(
            clips, self._frame_or_none, **background).background

    def __call__(self, job: tuple[int, int, int]) -> tuple[dict[str, bytes], dict[str, str], int]:
        clip, first, count = job
        frames = range(first, min(first + FRAMES_PER_JOB, count))
        wanted = [(kind, t) for t in frames for kind in self._read]
        values, unreadable = {}, {}
        for kind, t in wanted + [('background', None)] * (frames.stop == count):
            key = key_of(kind, clip, t)
            try:
                image = self._background(clip) if t is None else self._read[kind](clip, t)
            except UnreadableFrameError as error:
                unreadable[key] = str(error)
                continue
            if image is None:
                continue
            codec = CODEC_OF.get(kind, self.codec)
            dtype, shape = layout(codec, self.image_size)
            if image.dtype != dtype or image.shape != shape:
                raise ValueError(
                    f"clip '{self.clips.name(clip)}' {kind}{'' if t is None else f' {t}'} is "
                    f'{image.dtype} {image.shape}, packing needs {dtype.__name__} {shape}')
            values[key] = encode(image, codec)
        return values, unreadable, len(frames)

    def _frame_or_none(self, clip: int, t: int) -> np.ndarray | None:
        """For a median, which leaves out what cannot be read; counted where it is packed."""
        try:
            return self.clips.frame(clip, t)
        except UnreadableFrameError:
            return None


def _lmdb():
    return optional('lmdb', 'packed clips need lmdb: pip install lmdb')


def _identity(index: bytes) -> str:
    """What the database of a packed set holds under ``FORMAT_KEY``, by the bytes of its index."""
    return f'{FORMAT} {hashlib.sha256(index).hexdigest()}'


def _length(database) -> int:
    """Bytes of the file with all pages of an LMDB database."""
    return (database.info()['last_pgno'] + 1) * database.stat()['psize']


def _open(path: str, identity: str):
    """The database of a packed set, opened.

    Raises:
        PackedFormatError: it is not there, damaged, cut off, or of another identity.
    """
    def refusal(why: str) -> PackedFormatError:
        return PackedFormatError(
            f'{path} holds no whole packed set: {DATABASE} {why}. It was copied in part, is '
            'damaged, or of another version: copy it again, or pack the clips anew')

    lmdb = _lmdb()
    try:
        database = lmdb.open(path, readonly=True, lock=False, readahead=False)
    except lmdb.Error as error:
        raise refusal(f'cannot be opened ({error})') from error
    found, length = os.path.getsize(os.path.join(path, DATABASE)), _length(database)
    # Reading a mapped file that ends too early would kill the process, without a message.
    if found != length:
        database.close()
        raise refusal(f'is {found} bytes long, not {length}')
    try:
        with database.begin() as transaction:
            of = (transaction.get(FORMAT_KEY) or b'another kind').decode(errors='replace')
    except lmdb.Error as error:
        database.close()
        raise refusal(f'cannot be read ({error})') from error
    if of != identity:
        database.close()
        raise refusal(f'is of {of!r}, not {identity!r}')
    return database
