"""Frames with their predictions, added to a DeepLabCut project as labelled frames."""
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from ikp_mm.io.frame_sources import FrameSource
from ikp_mm.skeletons import Skeleton

from .coco_labels import CocoSettings, ImageLabels
from .deeplabcut_labels import FOLDER, write_labelled


class DeepLabCutProject:
    """A project folder that takes labelled frames, ``labeled-data/<video>/img0012.png``.

    The project's config.yaml must list the same videos and body parts; it is not touched.

    Args:
        path: the project folder.
        scorer: the ``scorer`` of its config.yaml.
        num_frames: most frames a video, spread evenly over those that are sure enough.

    Raises:
        ValueError: less than one frame.
    """

    def __init__(self, path: str | Path, scorer: str, num_frames: int = 20) -> None:
        if num_frames < 1:
            raise ValueError(f'at least one labelled frame a video, got {num_frames}')
        self.path, self.scorer, self.num_frames = Path(path), scorer, num_frames

    def check(self, videos: Sequence[str]) -> None:
        """Refuse, before anything is done, what would mix with labels that are there.

        Raises:
            FileExistsError: a video has a folder of labelled data already.
        """
        for video in videos:
            folder = self.path / FOLDER / video
            if folder.exists():
                raise FileExistsError(f'{folder} is there already and may hold labels by people: '
                                      'it is never written to; choose another --dlc-project')

    def add(self, source: FrameSource, skeleton: Skeleton, images: Sequence[ImageLabels],
            settings: CocoSettings) -> int:
        """Write images and labels of one video; goes through the source once more.

        Args:
            source: the video.
            skeleton: names the joints.
            images: its frames, in order.
            settings: ``min_score`` and ``min_joints`` say which joints and frames count.

        Returns:
            int: labelled frames written, 0 when none is sure enough.
        """
        labels = {image.frame: np.where((image.scores >= settings.min_score)[:, None],
                                        image.keypoints, np.nan) for image in images}
        sure = [frame for frame, keypoints in labels.items()
                if np.isfinite(keypoints).all(axis=1).sum() >= settings.min_joints]
        if not sure:
            return 0
        count = min(self.num_frames, len(sure))
        chosen = [sure[i] for i in np.linspace(0, len(sure) - 1, count).round().astype(int)]
        folder = self.path / FOLDER / source.name
        folder.mkdir(parents=True)
        digits = max(4, len(str(chosen[-1])))
        names = {frame: f'img{frame:0{digits}d}.png' for frame in chosen}
        for t, image in enumerate(source):
            number = source.numbers[t]
            if number in names and not cv2.imwrite(str(folder / names[number]), image):
                raise OSError(f'{folder / names[number]} cannot be written')
        write_labelled(self.path, source.name, self.scorer, skeleton, list(names.values()),
                       np.stack([labels[frame] for frame in chosen]))
        return count
