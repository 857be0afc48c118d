"""Boxes that somebody else found: a box file."""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ikp_mm.io.formats.boxes import BoxFile, read_box_file
from ikp_mm.io.frame_sources import FrameFolder, FrameSource

from .base import CropError, Cropper


class BoxesCropper(Cropper):
    """The boxes of a box file (``ikp_mm/io/formats/boxes.py``), taken as they are: squares that
    this tool wrote (``boxes.csv``) give the very same crop again.

    Args:
        boxes, category: the file, and of a json: see ``read_box_file``; errors too.
    """

    margin = 1.0

    def __init__(self, boxes: str | None = None, category: str | int | None = None) -> None:
        super().__init__()
        if boxes is None:
            raise ValueError('the boxes crop needs its file: --crop-options boxes=FILE')
        self.file: BoxFile = read_box_file(boxes, category)

    def look_at_all(self, videos: Sequence[FrameSource]) -> None:
        """Refuse a file that is about other videos altogether.

        Raises:
            ValueError: none of the videos has a box in it; images of two have the same name, and
                the file names them without a folder.
        """
        for video in videos:
            if isinstance(video, FrameFolder):
                self.file.claim(video.name, video.files)
        names = {video.name for video in videos}
        if self.file.sources and not names & set(self.file.sources):
            raise ValueError(f'{self.file.path} has boxes of {self.file.sources[:5]}, but the '
                             f'videos given are {sorted(names)[:5]}')

    def boxes(self, video: FrameSource) -> np.ndarray:
        """See ``Cropper``. Boxes without area count as missing."""
        for _ in video:  # how many frames there are is known only then
            pass
        files = video.files if isinstance(video, FrameFolder) else None
        total = video.num_read if files is None else len(files)
        try:
            found = self.file.boxes(video.name, total, files)
            empty = set(self.file.zero_size(video.name, total, files))
        except ValueError as error:
            raise CropError(str(error)) from error
        given = found[video.numbers]
        self.why_missing = {t: 'zero-size box' if number in empty else 'no box in the file'
                            for t, number in enumerate(video.numbers) if np.isnan(given[t, 0])}
        return given
