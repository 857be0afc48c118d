"""Making the index of a folder of videos, in this process or in several."""
from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Callable, NamedTuple, Sequence

import numpy as np

from ikp_mm.clips.clip_index import VERSION, ClipIndex
from ikp_mm.io.byte_table import ByteTable
from ikp_mm.io.find import VIDEO_SUFFIXES, videos_below
from ikp_mm.io.pictures import UnreadableFrameError
from ikp_mm.io.video import VideoReader
from ikp_mm.io.video_entries import VideoEntry, decode_video, encode_video
from ikp_mm.io.workers import IndexProgress, in_workers

# Videos looked through between two writings of what an interrupted call need not do again.
VIDEOS_PER_PART = 64


class _Part(NamedTuple):
    """Videos that one process is to look through; ``kept``: file in which the result stays."""

    root: str
    names: tuple[str, ...]
    kept: str | None


class _Looked(NamedTuple):
    """Of each video: frames (-1: unreadable), time of change; entries of those that are readable,
    'file: reason' of the others."""

    counts: np.ndarray
    times: np.ndarray
    entries: list[bytes]
    problems: list[str]


def index_videos(root: str | Path, suffixes: Sequence[str] = VIDEO_SUFFIXES, workers: int = 0,
                 say: Callable[[str], None] | None = None, parts: str | Path | None = None
                 ) -> ClipIndex:
    """Find the videos that ``VideoClips`` describes and read through them, without decoding.

    Files that cannot be read as videos are left out and named in ``ClipIndex.unreadable``.

    Args:
        root: the folder of videos.
        suffixes: see ``VideoClips``.
        workers: processes that read; 0 is this one alone.
        say: is told every ten seconds how far it is; None: nobody.
        parts: folder for what is done, so that an interrupted call is simply repeated; the
            caller's to remove. None: nothing is kept.

    Raises:
        FileNotFoundError: ``root`` is no folder, or holds no video.
        ValueError: not one of the files can be read.
    """
    root = Path(root)
    names = videos_below(root, suffixes)
    if parts is not None:
        Path(parts).mkdir(parents=True, exist_ok=True)
    todo = [_Part(str(root), tuple(names[low:low + VIDEOS_PER_PART]),
                  None if parts is None else os.path.join(parts, f'{low}.npz'))
            for low in range(0, len(names), VIDEOS_PER_PART)]
    progress = IndexProgress(len(todo), f'parts of {VIDEOS_PER_PART} videos', say)
    results = []
    for result in in_workers(_look_through, todo, workers) if workers else map(_look_through, todo):
        results.append(result)
        progress.at(len(results))
    counts = np.concatenate([result.counts for result in results])
    readable = np.flatnonzero(counts >= 0)
    problems = [line for result in results for line in result.problems]
    if not len(readable):
        raise ValueError(f'none of the {len(names)} files below {root} can be read as a video, '
                         f'e.g. {problems[0]}')
    return ClipIndex(
        'videos', str(root.absolute()), video_options(suffixes),
        ByteTable.of_texts([names[i] for i in readable]), counts[readable],
        np.concatenate([result.times for result in results])[readable],
        ByteTable.of([entry for result in results for entry in result.entries]), problems)


def video_options(suffixes: Sequence[str]) -> dict:
    """What decides which videos are found, as an index records it."""
    return dict(suffixes=[suffix.lower() for suffix in suffixes])


def check_video(index: ClipIndex, path: Path, clip: int) -> None:
    """Compare a video with what the index says of it.

    A file of the same size that was not changed since costs one look; one with another time of
    change is read through, and good when its frames are where the index says.

    Raises:
        StaleIndexError: it is not there, or is another video.
        UnreadableFrameError: it cannot be read as a video.
        OSError: it cannot be looked at.
    """
    name = index.names.text(clip)
    try:
        status = os.stat(path)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise index.stale(f"video '{name}' is not there ({path})") from error
    known = decode_video(index.entries[clip])
    if status.st_size != known.size:
        raise index.stale(f"video '{name}' has {status.st_size} bytes, the index {known.size}")
    if status.st_mtime_ns != index.times[clip]:
        reader = VideoReader(path)
        reader.close()
        if encode_video(VideoEntry(known.size, reader.index)) != index.entries[clip]:
            raise index.stale(f"video '{name}' has {len(reader)} frames or other times, the index "
                              f'{known.index.num_frames}')


def _look_through(part: _Part) -> _Looked:
    paths = [os.path.join(part.root, name) for name in part.names]
    signature = _signature(paths)
    if part.kept is not None and os.path.exists(part.kept):
        with np.load(part.kept) as kept:
            if kept['signature'].tobytes() == signature:
                table = ByteTable(kept['entries'], kept['ends'])
                return _Looked(kept['counts'], kept['times'], [table[i] for i in range(len(table))],
                               kept['problems'].tobytes().decode('utf-8', 'surrogateescape')
                               .split('\n')[:-1])
    looked = _read(paths)
    if part.kept is not None:
        table = ByteTable.of(looked.entries)
        problems = ''.join(f'{line}\n' for line in looked.problems)
        # No other call's, should two run with one --out.
        written = f'{part.kept}.{os.getpid()}.partial.npz'
        np.savez(written, signature=np.frombuffer(signature, np.uint8), counts=looked.counts,
                 times=looked.times, entries=table.data, ends=table.ends,
                 problems=np.frombuffer(problems.encode('utf-8', 'surrogateescape'), np.uint8))
        os.replace(written, part.kept)
    return looked


def _read(paths: Sequence[str]) -> _Looked:
    counts, times = np.full(len(paths), -1, np.int32), np.zeros(len(paths), np.int64)
    entries, problems = [], []
    for i, path in enumerate(paths):
        try:
            status = os.stat(path)
            reader = VideoReader(path)
        except OSError as error:
            problems.append(str(error) if isinstance(error, UnreadableFrameError)
                            else f'{path}: {error.strerror}')
            continue
        reader.close()
        counts[i], times[i] = len(reader), status.st_mtime_ns
        entries.append(encode_video(VideoEntry(status.st_size, reader.index)))
    return _Looked(counts, times, entries, problems)


def _signature(paths: Sequence[str]) -> bytes:
    """Changes when one of the files does."""
    digest = hashlib.sha256(f'{VERSION}'.encode())
    for path in paths:
        try:
            status = os.stat(path)
            known = f'{status.st_size} {status.st_mtime_ns}'
        except OSError as error:
            known = str(error)
        digest.update(os.fsencode(path) + f'\0{known}\0'.encode())
    return digest.digest()
