"""Packed clips: frames decoded and resized once, in an LMDB database (docs/speed.md).

A packed set is a folder of plain data; nothing in it is ever executed or unpickled:

- ``data.mdb``: the database. Keys are ASCII; c is the number of a clip and t of a frame, eight
  hexadecimal digits each, so that a clip's values lie one after another:
  ``c t F`` frame, ``c t M`` mask, ``c B`` background; in place of what could not be read
  ``c t G``, ``c t N``, ``c D`` with the reason, and ``c C`` for a clip that could not be opened;
  ``format`` the identity of this packing. One value a frame: a read copies its value;
- ``frame_counts.npy`` (M,) int32; ``names.npy`` (bytes,) uint8, all names joined, and
  ``name_ends.npy`` (M,) int64, where each ends;
- ``packed.json``: what it is, written last.
"""
from __future__ import annotations

import inspect
import json
import os
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from mmengine.logging import MMLogger
from mmpose.registry import DATASETS

from ikp_mm.clips.background import BackgroundModel, GivenMasks
from ikp_mm.clips.clip_list import choose, name_array
from ikp_mm.io.atomic import refuse_existing, whole_folder
from ikp_mm.io.config_file import read_config
from ikp_mm.io.find import IMAGE_SUFFIXES, VIDEO_SUFFIXES, LeftOut, check_patterns, walk
from ikp_mm.io.optional import optional
from ikp_mm.io.pictures import UnreadableFrameError
from ikp_mm.io.progress import Progress
from ikp_mm.io.workers import in_workers

FORMAT, VERSION = 'ikp_mm packed clips', 1
DESCRIPTION, DATABASE, FORMAT_KEY = 'packed.json', 'data.mdb', 'format'
# 'raw' and 'png' give back the very pixels; 'jpeg' does not.
CODECS = ('raw', 'png', 'jpeg')
# PNG: the least effort; more makes packing many times slower and little smaller.
_OPTIONS = dict(png=[cv2.IMWRITE_PNG_COMPRESSION, 1], jpeg=[cv2.IMWRITE_JPEG_QUALITY, 95])
FRAME, MASK, BACKGROUND, CLIP_GONE = 'F', 'M', 'B', 'C'
# Kind of the reason that stands in place of what could not be read.
GONE = {FRAME: 'G', MASK: 'N', BACKGROUND: 'D'}
_ABOUT = dict(identity=str, image_size=int, codec=str, masks=bool, clips=int, bytes=int)
_ARRAYS = dict(frame_counts=np.int32, names=np.uint8, name_ends=np.int64)
# Frames that a worker hands over at a time.
FRAMES_PER_JOB = 64


class PackedFormatError(RuntimeError):
    """A folder that holds no whole packed set of this version."""


def key_of(kind: str, clip: int, t: int | None = None) -> bytes:
    """Key of a value. Capitals sort behind digits: what belongs to a clip behind its frames."""
    return f'{clip:08x}{"" if t is None else f"{t:08x}"}{kind}'.encode()


def encode_frame(image: np.ndarray, codec: str) -> bytes:
    """(S, S, 3) uint8 BGR as bytes."""
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
    """The module lmdb, imported when something is packed or read.

    Raises:
        ImportError: it is not installed; says how to.
    """
    return optional('lmdb', 'packed clips need lmdb: pip install lmdb')


# ------------------------------------------------------------------ reading

@DATASETS.register_module()
class PackedClips:
    """A clip source (see ``ikp_mm.clips.folders``) read from a packed set.

    Clips, their order and their frame numbers are those of the source that was packed; what was
    unreadable there raises ``UnreadableFrameError`` here. Nothing is kept in memory: the pages of
    the database are the operating system's, shared by all loader workers.

    Args:
        path: the folder that ``tools/pack_clips.py`` wrote.
        image_size: side S of the frames, that which they were packed with.
        include: glob patterns on clip names ('*' also matches '/'), a clip must match one; None
            takes all.
        exclude: glob patterns, a clip that matches one is left out.

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
        return self._read(FRAME, clip, t, lambda value: decode_frame(
            value, self._codec, self.image_size))

    def mask(self, clip: int, t: int) -> np.ndarray:
        """The mask of frame t, (S, S) float32 in [0, 1], 1 on the figure; read-only.

        Raises:
            ValueError: the set was packed without masks.
            UnreadableFrameError, IndexError: as ``frame``.
        """
        if not self._masks:
            raise ValueError(f'{self.path} was packed without masks: pack it with --masks from a '
                             'source that comes with them')
        return self._read(MASK, clip, t, lambda value: decode_mask(value, self.image_size))

    def background(self, clip: int) -> np.ndarray | None:
        """The background that was packed with the clip, (S, S, 3) uint8 BGR, read-only; None when
        there was none.

        Raises:
            UnreadableFrameError: it was unreadable when packed, or is damaged.
        """
        return self._read(BACKGROUND, clip, None,
                          lambda value: decode_frame(value, 'raw', self.image_size))

    def _read(self, kind: str, clip: int, t: int | None,
              decode: Callable[[bytes], np.ndarray | None]) -> np.ndarray | None:
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
        image = decode(value)
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
    if not (path / DESCRIPTION).is_file():
        raise FileNotFoundError(
            f'{path} holds no packed clips (no {DESCRIPTION}); make them with "python '
            f'tools/pack_clips.py CONFIG --out {path}", see docs/speed.md')
    try:
        about = dict(json.loads((path / DESCRIPTION).read_text(encoding='utf-8')))
    except (ValueError, TypeError) as error:
        raise PackedFormatError(f'{path / DESCRIPTION} is damaged ({error}); pack the clips '
                                'anew') from error
    if about.get('format') != FORMAT or about.get('version') != VERSION:
        raise PackedFormatError(
            f'{path} is {about.get("format")!r} of version {about.get("version")}, this '
            f'program reads {FORMAT!r} of version {VERSION}; pack the clips anew')
    wrong = [key for key, kind in _ABOUT.items() if not isinstance(about.get(key), kind)]
    if wrong or about['codec'] not in CODECS:
        raise PackedFormatError(f'{path / DESCRIPTION} is damaged: no good '
                                f'{", ".join(wrong or ["codec"])}; pack the clips anew')
    database = path / DATABASE
    found = database.stat().st_size if database.is_file() else None
    # A mapped file that ends too early would kill the process, without a message.
    if found != about['bytes']:
        raise PackedFormatError(
            f'{database} is ' + ('not there' if found is None else f'{found} bytes long')
            + f', it was packed with {about["bytes"]} bytes: copy it again, or pack anew')
    arrays = []
    for name, kind in _ARRAYS.items():
        try:
            array = np.load(path / f'{name}.npy', allow_pickle=False)
        except (OSError, ValueError) as error:
            raise PackedFormatError(f'{path / name}.npy cannot be read ({error}); pack the clips '
                                    'anew') from error
        if array.dtype != kind or array.ndim != 1:
            raise PackedFormatError(f'{path / name}.npy holds {array.dtype} {array.shape}, not '
                                    f'{np.dtype(kind)}; pack the clips anew')
        arrays.append(array)
    counts, joined, ends = arrays
    if not len(ends) == len(counts) == about['clips'] > 0 or ends[-1] != len(joined):
        raise PackedFormatError(
            f'{path} is damaged: {about["clips"]} clips are stated, {len(ends)} named in '
            f'{len(joined)} bytes, {len(counts)} counted; pack the clips anew')
    joined, ends = joined.tobytes(), ends.tolist()
    return about, counts, np.array([joined[a:b] for a, b in zip([0, *ends], ends)], np.bytes_)


# ------------------------------------------------------------------ writing

def pack_clips(clips, out: str | Path, image_size: int, codec: str = 'raw', masks: bool = False,
               background: dict | None = None, workers: int = 0, overwrite: bool = False,
               say: Callable[[str], None] = print) -> dict:
    """Pack all clips of a source.

    ``out`` is there when all is written, or not at all: until then it is written beside it.

    Args:
        clips: a clip source, or the config of one (``image_size`` is passed on to it).
        out: the folder to write.
        image_size: side S of the frames.
        codec: 'raw', 'png' (both give back the very pixels) or 'jpeg' (does not).
        masks: pack the source's masks too.
        background: None packs the backgrounds that the source gives, if any; options of
            ``BackgroundModel`` (without ``fill``) pack those that it computes, to be used as given
            ones: the same values, computed once.
        workers: processes that read and encode; 0 does it in this one.
        overwrite: replace packed clips that lie at ``out``.
        say: where progress goes, a line at a time.

    Returns:
        What ``packed.json`` says (clips, frames, bytes of the database, ...), but as ``unreadable``
        the 'file: reason' of all that could not be read.

    Raises:
        FileExistsError: something lies at ``out`` (with ``overwrite``: that is no packed set).
        ImportError: lmdb is not installed.
        ValueError: bad options; frames or masks of another size.
    """
    if codec not in CODECS:
        raise ValueError(f'codec must be one of {CODECS}, got {codec!r}')
    if image_size < 1 or workers < 0:
        raise ValueError('image_size must be positive and workers not negative, got '
                         f'{image_size}, {workers}')
    out = Path(out)
    refuse_existing(out, DESCRIPTION, 'packed set', overwrite)
    lmdb = require_lmdb()
    if isinstance(clips, Mapping):
        clips = DATASETS.build(dict(clips), default_args=dict(image_size=image_size))
    counts, gone = np.zeros(len(clips), np.int32), {}
    for clip in range(len(clips)):
        try:
            counts[clip] = clips.num_frames(clip)
        except UnreadableFrameError as error:
            gone[clip] = str(error)
    names = name_array([clips.name(clip) for clip in range(len(clips))]).tolist()
    about = dict(
        format=FORMAT, version=VERSION, identity=f'{FORMAT} {VERSION} {uuid.uuid4().hex}',
        image_size=image_size, codec=codec, masks=masks, clips=len(names),
        frames=int(counts.sum(dtype=int)), unreadable=list(gone.values()))
    with whole_folder(out, DESCRIPTION, 'packed set', overwrite) as partial:
        # No lock file: nobody else knows of it. Not synced until it is whole. The file grows to
        # what is needed; the map must hold it: of each value its pixels, what an encoder adds to
        # noise, a page begun and its share of the tree.
        most = image_size ** 2 * (7 if masks else 3) * 1.04 + 4 * 4096
        database = lmdb.open(str(partial), lock=False, sync=False, metasync=False,
                             map_size=int((about['frames'] + len(names) + 64) * most))
        progress, done = Progress(about['frames'], 'frames', say), 0
        # The workers get the source itself: one that they built might find other clips on disk.
        for values, count, problems in in_workers(
                _Encoder, (clips, image_size, codec, masks, background), _jobs(counts, gone),
                workers):
            with database.begin(write=True) as transaction:
                for key, value in values:
                    # Behind all that are there, which fills pages fully.
                    if not transaction.put(key, value, append=True):
                        raise RuntimeError(f'{out}: key {key!r} comes out of order')
            about['unreadable'] += problems
            done += count
            progress.at(done)
        with database.begin(write=True) as transaction:
            for clip, reason in gone.items():
                transaction.put(key_of(CLIP_GONE, clip), reason.encode())
            transaction.put(FORMAT_KEY.encode(), about['identity'].encode())
        database.sync(True)
        database.close()
        about['bytes'] = (partial / DATABASE).stat().st_size
        arrays = dict(frame_counts=counts, names=np.frombuffer(b''.join(names), np.uint8),
                      name_ends=np.cumsum([len(name) for name in names]))
        for name, kind in _ARRAYS.items():
            np.save(partial / f'{name}.npy', np.asarray(arrays[name], kind))
        stated = dict(about, unreadable=len(about['unreadable']))
        (partial / DESCRIPTION).write_text(json.dumps(stated, indent=1) + '\n', encoding='utf-8')
    return about


def _jobs(counts: np.ndarray, gone: Mapping[int, str]) -> Iterator[tuple[int, range, bool]]:
    """(clip, frames, whether they are its last)."""
    for clip, count in enumerate(counts.tolist()):
        if clip not in gone:
            for first in range(0, max(count, 1), FRAMES_PER_JOB):
                stop = min(first + FRAMES_PER_JOB, count)
                yield clip, range(first, stop), stop == count


class _Encoder:
    """Called with a job, returns its (key, value)s in order, its number of frames, and 'file:
    reason' of what could not be read. A clip's background comes with its last frames."""

    def __init__(self, clips, image_size: int, codec: str, masks: bool, background: dict | None
                 ) -> None:
        self.clips, self.image_size, self.codec = clips, image_size, codec
        self._masks = GivenMasks(clips, image_size) if masks else None
        self._background = clips.background if background is None else BackgroundModel(
            clips, self._read, **background).background

    def __call__(self, job: tuple[int, range, bool]
                 ) -> tuple[list[tuple[bytes, bytes]], int, list[str]]:
        clip, frames, ends_clip = job
        values: list[tuple[bytes, bytes]] = []
        problems: list[str] = []

        def add(kind: str, t: int | None, make: Callable[[], bytes | None]) -> None:
            try:
                value = make()
            except UnreadableFrameError as error:
                problems.append(str(error))
                kind, value = GONE[kind], str(error).encode()
            if value is not None:
                values.append((key_of(kind, clip, t), value))

        for t in frames:
            add(FRAME, t, lambda: encode_frame(
                self._checked(self.clips.frame(clip, t), clip, f'frame {t}'), self.codec))
            if self._masks is not None:
                add(MASK, t, lambda: encode_mask(self._masks.weight(clip, t)))
        if ends_clip:
            add(BACKGROUND, None, lambda: self._encoded_background(clip))
        return values, len(frames), problems

    def _encoded_background(self, clip: int) -> bytes | None:
        background = self._background(clip)
        return None if background is None else self._checked(
            background, clip, 'background').tobytes()

    def _read(self, clip: int, t: int) -> np.ndarray | None:
        """For a median, which leaves out what cannot be read; counted where it is packed."""
        try:
            return self.clips.frame(clip, t)
        except UnreadableFrameError:
            return None

    def _checked(self, image: np.ndarray, clip: int, what: str) -> np.ndarray:
        size = self.image_size
        if image.shape != (size, size, 3) or image.dtype != np.uint8:
            raise ValueError(f"clip '{self.clips.name(clip)}' {what} is {image.dtype} "
                             f'{image.shape}, packing needs uint8 {(size, size, 3)}')
        return image


# ------------------------------------------------------------------ what to pack

def find_pack_source(path: str | Path, image_size: int | None = None,
                     options: Mapping | None = None) -> tuple[dict, int, dict | None]:
    """Read a config, or look what kind of clips a folder holds.

    Args:
        path: a config file, or a folder of clips or of videos.
        image_size: side of the frames; None takes the config's.
        options: changes to the config, or arguments of the folder's clip source.

    Returns:
        Config of the clip source, side of its frames, and the training's ``background`` option.

    Raises:
        FileNotFoundError: nothing is there, or neither images nor videos in it.
        ValueError: a config without training clips, a folder of both kinds, no image size.
    """
    path, background = Path(path), None
    if path.is_file():
        config = read_config(path)
        config.merge_from_dict(dict(options or {}))
        dataset = config.get('train_dataloader', {}).get('dataset', {})
        if 'clips' not in dataset:
            raise ValueError(f'{path} has no train_dataloader.dataset.clips (it is no config that '
                             'trains on frame pairs)')
        clips = dataset['clips'].to_dict()
        image_size = dataset['image_size'] if image_size is None else image_size
        background = dataset['background'].to_dict() if dataset.get('background') else None
    else:
        if not path.is_dir():
            raise FileNotFoundError(f'{path} is neither a config file nor a folder')
        if image_size is None:
            raise ValueError(f'{path} is a folder of clips: give --image-size')
        # What is left out is said by the source that is built.
        files = [file.lower() for _, names in walk(path, LeftOut(path)) for file in names]
        kinds = [kind for kind, suffixes in (('FolderClips', IMAGE_SUFFIXES),
                                             ('VideoClips', VIDEO_SUFFIXES))
                 if any(file.endswith(suffixes) for file in files)]
        if not kinds:
            raise FileNotFoundError(f'{path} holds neither images nor videos')
        if len(kinds) > 1:
            raise ValueError(f'{path} holds images and videos: pack a config that says which of '
                             f'{kinds} is meant')
        clips = dict(type=kinds[0], root=str(path), **(options or {}))
    source = DATASETS.get(clips['type'])
    if source is None:
        raise ValueError(f'the clip source {clips["type"]!r} is not registered; give the config '
                         'its custom_imports')
    if 'cache' in inspect.signature(source).parameters:
        clips['cache'] = False  # every frame is read once or twice
    return clips, image_size, background


def median_options(background: Mapping | None) -> dict:
    """Of a training's ``background`` option, those of the ``BackgroundModel`` to be packed.

    Raises:
        ValueError: the training takes no medians.
    """
    if background is None or background['source'] != 'clip_median':
        raise ValueError('packing medians needs a config whose dataset has '
                         f"background=dict(source='clip_median'), it has {background}")
    return {key: value for key, value in background.items() if key != 'fill'}


def config_lines(path: Path, medians: Mapping | None = None) -> list[str]:
    """What to write into the training's dataset in place of its clips, and of a ``background``
    option whose medians were packed."""
    lines = [f"clips=dict(type='PackedClips', path={str(path)!r}),"]
    if medians is not None:
        # Without what a given background does not take.
        options = ''.join(f', {key}={value!r}' for key, value in medians.items()
                          if key not in ('source', 'max_frames', 'quantile'))
        lines.append(f"background=dict(source='given'{options}),")
    return lines
