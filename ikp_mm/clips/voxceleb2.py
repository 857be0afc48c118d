"""VoxCeleb2 (Chung, Nagrani, Zisserman 2018): a million short videos of talking faces as clips.

    <root>/dev/mp4/id00012/21Uxsk56VDQ/00001.mp4      person / YouTube video / utterance
    <root>/test/mp4/id00017/01dfn2spqyE/00001.mp4

The videos are square face crops. Listing the tree takes minutes, so it is done once and the names
are kept in a text file; opening all videos would take hours, so a video is opened when it is drawn,
and its number of frames is not known before.
"""
from __future__ import annotations

import os
from pathlib import Path
from typing import Sequence

import numpy as np
from mmengine.logging import MMLogger
from mmpose.registry import DATASETS

from ikp_mm.clips.background import evenly_spaced
from ikp_mm.io.crop import NON_SQUARE, resize_square
from ikp_mm.io.find import check_patterns, is_wanted
from ikp_mm.io.pictures import UnreadableFrameError
from ikp_mm.io.video import OpenVideos, VideoReader

SPLITS = ('dev', 'test')
HOW_TO_GET = ('VoxCeleb2 is had from https://www.robots.ox.ac.uk/~vgg/data/voxceleb/vox2.html (ask '
              'for the video files) and unpacked, "unzip vox2_test_mp4.zip -d data/voxceleb2", to '
              '<root>/test/mp4/<person>/<video>/<number>.mp4 (or dev); see docs/faces.md')
# How many files of an index are looked for when it is read again.
SPOT_CHECKS = 20


@DATASETS.register_module()
class VoxCeleb2Clips:
    """Every video is one clip (a clip source: see ``ikp_mm.clips.folders``).

    A clip's name is 'dev/id00012/21Uxsk56VDQ/00001'. ``num_frames`` opens the video: draw clips
    with ``FramePairDataset(uniform='clips')``.

    Args:
        root: folder with ``dev/mp4`` and ``test/mp4`` (those of ``splits``).
        image_size: side S of the square frames returned.
        splits: some of 'dev', 'test'. They share no person.
        index_file: text file of all names below the splits, written when it is not there and
            re-used when it is. None: ``<root>/ikp_mm_<splits>.txt``.
        include, exclude: glob patterns on clip names ('*' also matches '/'), e.g.
            ``include=['dev/id0001*']``.
        frame_step: use every n-th frame (the videos have 25 a second).
        min_frames: a video with fewer frames counts as unreadable.
        non_square: 'error', 'crop' or 'pad', see ``resize_square``. The release is square.
        max_open: videos kept open at a time.

    Raises:
        FileNotFoundError: a split's folder is missing, or holds no video in this layout, or none is
            left by include and exclude; says what to get.
        ValueError: an index file of other splits, of another or since completed copy of the data,
            or of another kind; bad arguments.
        OSError: the index file cannot be written; says what to set.
    """

    def __init__(self, root: str, image_size: int, splits: Sequence[str] = ('dev',),
                 index_file: str | None = None, include: Sequence[str] | None = None,
                 exclude: Sequence[str] = (), frame_step: int = 1, min_frames: int = 2,
                 non_square: str = 'error', max_open: int = 4) -> None:
        if isinstance(splits, str) or not splits or not set(splits) <= set(SPLITS):
            raise ValueError(f'splits is a list of some of {SPLITS}, got {splits!r}')
        if non_square not in NON_SQUARE:
            raise ValueError(f'non_square must be one of {NON_SQUARE}, got {non_square!r}')
        check_patterns(include, exclude)
        if image_size < 1 or min_frames < 1 or frame_step < 1:
            raise ValueError('image_size, min_frames and frame_step must be positive, got '
                             f'{image_size}, {min_frames}, {frame_step}')
        self.root = Path(root)
        self.image_size = int(image_size)
        self.splits = tuple(split for split in SPLITS if split in splits)
        self.index_file = (self.root / f'ikp_mm_{"_".join(self.splits)}.txt'
                           if index_file is None else Path(index_file))
        self.frame_step = int(frame_step)
        self.min_frames = int(min_frames)
        self.non_square = non_square
        names = self._read_index() if self.index_file.is_file() else self._write_index()
        if include is not None or exclude:
            kept = [is_wanted(name.decode(), include, exclude) for name in names]
            names = names[np.array(kept, bool)]
            if not len(names):
                raise FileNotFoundError(
                    f'none of the {len(kept)} videos below {self.root} is left by '
                    f'include={include}, exclude={list(exclude)}')
        # Bytes in one array, 30 MB for a million names: forked loader workers share it, while
        # strings in a list would be copied by each as it counts references to them.
        self._names = names
        self._videos = OpenVideos(max_open)

    def __len__(self) -> int:
        return len(self._names)

    def name(self, clip: int) -> str:
        """'<split>/<person>/<YouTube video>/<number>'."""
        return self._names[clip].decode()

    def path(self, clip: int) -> Path:
        """The video file of a clip."""
        return self._path(self._names[clip])

    def num_frames(self, clip: int) -> int:
        """Number of frames; opens the video.

        Raises:
            UnreadableFrameError: it cannot be opened, or has fewer than ``min_frames``.
        """
        return self._count(self._videos.reader(self.path(clip)))

    def frame(self, clip: int, t: int) -> np.ndarray:
        """Frame t as (S, S, 3) uint8 BGR."""
        path = self.path(clip)
        image = self._videos.reader(path).frame(t * self.frame_step)
        return resize_square(image, self.image_size, self.non_square, str(path))

    def background(self, clip: int) -> None:
        """None: the videos come with no background image."""

    def _count(self, video: VideoReader) -> int:
        count = len(range(0, len(video), self.frame_step))
        if count < self.min_frames:
            raise UnreadableFrameError(video.path, f'has {count} frames (every {self.frame_step}. '
                                       f'counts), fewer than min_frames={self.min_frames}')
        return count

    # ------------------------------------------------------------------ the index file

    def _persons(self) -> list[str]:
        """'<split>/<person>' of every folder there is, sorted."""
        persons = []
        for split in self.splits:
            folder = self.root / split / 'mp4'
            if not folder.is_dir():
                raise FileNotFoundError(f'{folder} does not exist. {HOW_TO_GET}')
            persons += [f'{split}/{name}' for name in _folders(folder)]
        return sorted(persons)

    def _header(self, persons: Sequence[str]) -> str:
        return f'# VoxCeleb2 videos of {" and ".join(self.splits)}, {len(persons)} persons'

    def _write_index(self) -> np.ndarray:
        """List the tree and keep the list. Another process that does so too writes the same."""
        logger: MMLogger = MMLogger.get_current_instance()
        persons = self._persons()
        logger.info(f'listing the videos of {len(persons)} persons below {self.root}, once')
        names = []
        for person in persons:
            split, identity = person.split('/')
            folder = self.root / split / 'mp4' / identity
            for video in _folders(folder):
                names += [f'{person}/{video}/{file[:-4]}'.encode()
                          for file in os.listdir(folder / video)
                          if file.endswith('.mp4') and file[0] != '.']
        if not names:
            raise FileNotFoundError(f'no video in the layout <person>/<video>/<number>.mp4 below '
                                    f'{self.root} ({", ".join(self.splits)}). {HOW_TO_GET}')
        names.sort()
        temporary = self.index_file.with_name(f'{self.index_file.name}.{os.getpid()}.tmp')
        try:
            self.index_file.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(b'\n'.join([self._header(persons).encode(), *names, b'']))
            os.replace(temporary, self.index_file)
        except OSError as error:
            raise OSError(f'the index {self.index_file} cannot be written ({error.strerror}): set '
                          'index_file to a path that can be') from error
        logger.info(f'{len(names)} videos listed in {self.index_file}')
        return np.array(names)

    def _read_index(self) -> np.ndarray:
        """The names in the index file, when it fits what is below the root."""
        persons = self._persons()
        header, *names = self.index_file.read_bytes().rstrip(b'\n').split(b'\n')
        remedy = 'delete it to have the tree listed again, or set index_file to another path'
        if header != self._header(persons).encode() or not names:
            raise ValueError(f'{self.index_file} does not fit {self.root}: it begins with '
                             f'{header[:80]!r} and has {len(names)} names, expected '
                             f'{self._header(persons)!r} and at least one; {remedy}')
        array = np.array(names)
        listed = {b'/'.join(name.split(b'/', 2)[:2]).decode() for name in names}
        absent = sorted(listed - set(persons))
        if not absent:
            absent = [array[i].decode() for i in evenly_spaced(len(array), SPOT_CHECKS)
                      if not self._path(array[i]).is_file()]
        if absent:
            raise ValueError(f'{self.index_file} lists {absent[0]}, which is not below '
                             f'{self.root}; {remedy}')
        return array

    def _path(self, name: bytes) -> Path:
        split, below = name.decode().split('/', 1)
        return self.root / split / 'mp4' / f'{below}.mp4'


def _folders(folder: Path) -> list[str]:
    """Names of the folders in a folder, without hidden ones."""
    with os.scandir(folder) as entries:
        return [entry.name for entry in entries if entry.name[0] != '.' and entry.is_dir()]
