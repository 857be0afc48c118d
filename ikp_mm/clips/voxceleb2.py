"""VoxCeleb2 (Chung, Nagrani, Zisserman 2018): a million short videos of talking faces as clips.

    <root>/dev/mp4/id00012/21Uxsk56VDQ/00001.mp4      person / YouTube video / utterance
    <root>/test/mp4/id00017/01dfn2spqyE/00001.mp4

The videos are square face crops. Listing the tree takes minutes and opening all videos hours: the
names are kept in a text file, and a video is opened when it is drawn.
"""
from __future__ import annotations

import glob
from pathlib import Path
from typing import Sequence

import numpy as np
from mmengine.logging import MMLogger
from mmpose.registry import DATASETS

from ikp_mm.clips.clip_list import name_array
from ikp_mm.clips.videos import VideoClips

SPLITS = ('dev', 'test')
HOW_TO_GET = ('VoxCeleb2 is had from https://www.robots.ox.ac.uk/~vgg/data/voxceleb/vox2.html (ask '
              'for the video files) and unpacked, "unzip vox2_test_mp4.zip -d data/voxceleb2", to '
              '<root>/test/mp4/<person>/<video>/<number>.mp4 (or dev); see docs/datasets.md')


@DATASETS.register_module()
class VoxCeleb2Clips(VideoClips):
    """Every video is one clip (a clip source: see ``ikp_mm.clips.folders``).

    A clip's name is 'dev/id00012/21Uxsk56VDQ/00001'. Draw clips with
    ``FramePairDataset(uniform='clips')``.

    Args:
        root: folder with ``dev/mp4`` and ``test/mp4`` (those of ``splits``).
        image_size: side S of the square frames returned.
        splits: some of 'dev', 'test'. They share no person.
        list_file: text file of all names below the splits, written when it is not there and
            re-used when it is. None: ``<root>/ikp_mm_<splits>.txt``.
        include, exclude, non_square: see ``VideoClips``; e.g. ``include=['dev/id0001*']``. The
            release is square and has 25 frames a second.
        min_frames: a video with fewer frames counts as unreadable.

    Raises:
        FileNotFoundError: a split's folder is missing, or holds no video in this layout, or none is
            left by include and exclude; says what to get.
        ValueError: a list of other splits, of another or since completed copy of the data, or of
            another kind; bad arguments.
        OSError: the list cannot be written; says what to set.
    """

    def __init__(self, root: str, image_size: int, splits: Sequence[str] = ('dev',),
                 list_file: str | None = None, include: Sequence[str] | None = None,
                 exclude: Sequence[str] = (), min_frames: int = 2, non_square: str = 'error'
                 ) -> None:
        if isinstance(splits, str) or not splits or not set(splits) <= set(SPLITS):
            raise ValueError(f'splits is a list of some of {SPLITS}, got {splits!r}')
        self.splits = tuple(split for split in SPLITS if split in splits)
        if list_file is None:
            list_file = str(Path(root) / f'ikp_mm_{"_".join(self.splits)}.txt')
        super().__init__(image_size, root, include, exclude, min_frames, non_square, cache=False,
                         list_file=list_file)

    def _path(self, name: str) -> Path:
        split, _, below = name.partition('/')
        return self.root / split / 'mp4' / f'{below}.mp4'

    def _folders(self) -> dict[str, Path]:
        """Of each split the folder of its persons."""
        folders = {split: self.root / split / 'mp4' for split in self.splits}
        for folder in folders.values():
            if not folder.is_dir():
                raise FileNotFoundError(f'{folder} does not exist. {HOW_TO_GET}')
        return folders

    def _list_header(self) -> str:
        persons = sum(len(glob.glob('*/', root_dir=folder)) for folder in self._folders().values())
        return f'# VoxCeleb2 videos of {" and ".join(self.splits)}, {persons} persons'

    def _find(self) -> np.ndarray:
        """The names of all videos in this layout, sorted."""
        MMLogger.get_current_instance().info(f'listing the videos below {self.root}, once')
        names = [f'{split}/{name[:-4]}' for split, folder in self._folders().items()
                 for name in glob.iglob('*/*/*.mp4', root_dir=folder)]
        if not names:
            raise FileNotFoundError(f'no video in the layout <person>/<video>/<number>.mp4 below '
                                    f'{self.root} ({", ".join(self.splits)}). {HOW_TO_GET}')
        return np.sort(name_array(names))
