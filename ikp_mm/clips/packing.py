"""Writes packed clips (the format: ``ikp_mm.clips.packed``)."""
from __future__ import annotations

import inspect
import json
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
from mmpose.registry import DATASETS

from ikp_mm.clips.background import BackgroundModel, GivenMasks
from ikp_mm.clips.clip_list import name_array
from ikp_mm.clips.packed import (ARRAYS, BACKGROUND, CLIP_GONE, CODECS, DATABASE, DESCRIPTION,
                                 FORMAT, FORMAT_KEY, FRAME, GONE, MASK, VERSION, encode_frame,
                                 encode_mask, key_of, require_lmdb)
from ikp_mm.io.atomic import refuse_existing, atomic_folder
from ikp_mm.io.config_file import read_config
from ikp_mm.io.find import LeftOut, listings
from ikp_mm.io.pictures import UnreadableFrameError
from ikp_mm.io.progress import Progress
from ikp_mm.io.workers import in_workers

# Frames that a worker hands over at a time.
FRAMES_PER_JOB = 64


def pack_clips(clips, out: str | Path, image_size: int, codec: str = 'raw', masks: bool = False,
               background: dict | None = None, workers: int = 0, overwrite: bool = False,
               say: Callable[[str], None] = print) -> dict:
    """Pack all clips of a source; ``out`` is there when all is written, or not at all.

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
    require_lmdb()  # before clips are looked for, which may take long
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
    # The workers get the source itself: one that they built might find other clips on disk.
    encoded = in_workers(_Encoder, (clips, image_size, codec, masks, background),
                         _jobs(counts, gone), workers)
    with atomic_folder(out, DESCRIPTION, 'packed set', overwrite) as partial:
        _write_database(partial, about, encoded, gone, say)
        about['bytes'] = (partial / DATABASE).stat().st_size
        arrays = dict(frame_counts=counts, names=np.frombuffer(b''.join(names), np.uint8),
                      name_ends=np.cumsum([len(name) for name in names]))
        for name, kind in ARRAYS.items():
            np.save(partial / f'{name}.npy', np.asarray(arrays[name], kind))
        stated = dict(about, unreadable=len(about['unreadable']))
        (partial / DESCRIPTION).write_text(json.dumps(stated, indent=1) + '\n', encoding='utf-8')
    return about


def _write_database(folder: Path, about: dict, encoded: Iterable[tuple], gone: Mapping[int, str],
                    say: Callable[[str], None]) -> None:
    """Write what ``_Encoder`` returns, job by job; what was unreadable is added to ``about``."""
    # No lock file: nobody else knows of it. Not synced until it is whole. The file grows to what
    # is needed; the map must hold it: of each value its pixels, what an encoder adds to noise, a
    # page begun and its share of the tree.
    most = about['image_size'] ** 2 * (7 if about['masks'] else 3) * 1.04 + 4 * 4096
    database = require_lmdb().open(str(folder), lock=False, sync=False, metasync=False,
                            map_size=int((about['frames'] + about['clips'] + 64) * most))
    progress, done = Progress(about['frames'], 'frames', say), 0
    for values, count, problems in encoded:
        with database.begin(write=True) as transaction:
            for key, value in values:
                # Behind all that are there, which fills pages fully.
                if not transaction.put(key, value, append=True):
                    raise RuntimeError(f'{folder}: key {key!r} comes out of order')
        about['unreadable'] += problems
        done += count
        progress.at(done)
    with database.begin(write=True) as transaction:
        for clip, reason in gone.items():
            transaction.put(key_of(CLIP_GONE, clip), reason.encode())
        transaction.put(FORMAT_KEY.encode(), about['identity'].encode())
    database.sync(True)
    database.close()


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
        kinds = (FRAME, ) if self._masks is None else (FRAME, MASK)
        wanted = [(kind, t) for t in frames for kind in kinds]
        values, problems = [], []
        for kind, t in wanted + [(BACKGROUND, None)] * ends_clip:
            try:
                value = self._encoded(kind, clip, t)
            except UnreadableFrameError as error:
                problems.append(str(error))
                kind, value = GONE[kind], str(error).encode()
            if value is not None:
                values.append((key_of(kind, clip, t), value))
        return values, len(frames), problems

    def _encoded(self, kind: str, clip: int, t: int | None) -> bytes | None:
        if kind == MASK:
            return encode_mask(self._masks.weight(clip, t))
        image = self.clips.frame(clip, t) if kind == FRAME else self._background(clip)
        if image is None:
            return None
        size = self.image_size
        if image.shape != (size, size, 3) or image.dtype != np.uint8:
            what = f'frame {t}' if kind == FRAME else 'background'
            raise ValueError(f"clip '{self.clips.name(clip)}' {what} is {image.dtype} "
                             f'{image.shape}, packing needs uint8 {(size, size, 3)}')
        return encode_frame(image, self.codec if kind == FRAME else 'raw')

    def _read(self, clip: int, t: int) -> np.ndarray | None:
        """For a median, which leaves out what cannot be read; counted where it is packed."""
        try:
            return self.clips.frame(clip, t)
        except UnreadableFrameError:
            return None


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
        found = list(listings(path, LeftOut(path)))
        images, videos = any(one.frames for one in found), any(one.videos for one in found)
        if not images and not videos:
            raise FileNotFoundError(f'{path} holds neither images nor videos')
        if images and videos:
            raise ValueError(f'{path} holds images and videos: pack a config that says whether '
                             'FolderClips or VideoClips is meant')
        clips = dict(type='FolderClips' if images else 'VideoClips', root=str(path),
                     **(options or {}))
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
