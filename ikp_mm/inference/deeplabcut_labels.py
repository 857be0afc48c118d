"""Predictions in DeepLabCut's two file layouts, CSV and H5 alike.

Predictions, as its ``analyze_videos`` leaves them beside a video: ``<video><scorer>.csv`` and
``.h5`` (key ``df_with_missing``), one row a frame, columns scorer / bodyparts / coords with coords
x, y, likelihood. Filtered ones, as its ``filterpredictions`` does: ``<video><scorer>_filtered.*``.

Labelled frames, as its labelling tools leave them and its training reads them:
``labeled-data/<video>/CollectedData_<scorer>.csv`` and ``.h5`` beside the images, coords x, y,
rows (labeled-data, <video>, <image>), nothing where a joint is not labelled.

Layouts: read in DeepLabCut 2.3 and 3.0 (``utils/auxiliaryfunctions.py``, ``compat.py``,
``pose_estimation_pytorch/apis``).
"""
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ikp_mm.io.formats.deeplabcut import COORDS, FOLDER, LEVELS, STEM, require_pandas
from ikp_mm.io.frame_sources import FrameSource, evenly_spaced
from ikp_mm.io.pictures import write_image
from ikp_mm.skeletons import Skeleton

from .coco_labels import CocoSettings, ImageLabels

H5_KEY = 'df_with_missing'


def write_predictions(folder: str | Path, video: str, scorer: str, skeleton: Skeleton,
                      frames: np.ndarray, num_frames: int, keypoints: np.ndarray,
                      scores: np.ndarray, filtered: bool = False) -> list[Path]:
    """Write what was found in one video; returns the csv and the h5 file.

    Args:
        folder: where to; made when it is not there.
        video: its name, without suffix.
        scorer: name of who found it.
        frames: (T,) numbers of the frames that were looked at.
        num_frames: rows of the file; frames not among ``frames`` have no place and likelihood 0.
        keypoints, scores: (T, K, 2) pixels, NaN where none; (T, K).
        filtered: say so in the file names.

    Raises:
        ImportError: see ``require_pandas``.
    """
    rows = np.full((num_frames, skeleton.num_joints, 3), np.nan)
    rows[..., 2] = 0.0
    rows[frames, :, :2] = keypoints
    rows[frames, :, 2] = np.where(np.isfinite(keypoints).all(axis=2), scores, 0.0)
    return _write(rows, None, scorer, skeleton, Path(folder),
                  f"{video}{scorer}{'_filtered' if filtered else ''}", 'table')


def write_labelled(project: str | Path, video: str, scorer: str, skeleton: Skeleton,
                   images: Sequence[str], keypoints: np.ndarray) -> list[Path]:
    """Write the labels of one video's images, which lie, or are put, beside the files; returns the
    csv and the h5 file.

    Args:
        project: DeepLabCut's project folder; its ``labeled-data/<video>`` is made.
        scorer: the project's (``scorer`` in its config.yaml): its training looks for this name.
        images: T names of image files.
        keypoints: (T, K, 2) pixels, NaN where a joint is not labelled.

    Raises:
        ImportError: see ``require_pandas``.
    """
    return _write(keypoints, [(FOLDER, video, image) for image in images], scorer, skeleton,
                  Path(project) / FOLDER / video, f'{STEM}{scorer}', 'fixed')


def _write(values: np.ndarray, index: list[tuple] | None, scorer: str, skeleton: Skeleton,
           folder: Path, stem: str, h5_format: str) -> list[Path]:
    """A table of (T, K, 2 or 3) values, its rows numbered where ``index`` is None."""
    pandas = require_pandas()
    columns = pandas.MultiIndex.from_product(
        [[scorer], skeleton.joints, COORDS[:values.shape[2]]], names=LEVELS[0])
    table = pandas.DataFrame(
        values.reshape(len(values), -1), columns=columns,
        index=None if index is None else pandas.MultiIndex.from_tuples(index))
    folder.mkdir(parents=True, exist_ok=True)
    # Not with_suffix: a video's name may hold dots.
    csv, h5 = folder / f'{stem}.csv', folder / f'{stem}.h5'
    table.to_csv(csv)
    table.to_hdf(h5, key=H5_KEY, format=h5_format, mode='w')
    return [csv, h5]


class DeepLabCutProject:
    """A project folder that takes labelled frames, ``labeled-data/<video>/img0012.png``: at most
    ``num_frames`` a video, spread evenly over those that are sure enough (ValueError below 1).

    The project's config.yaml must list the same scorer, videos and body parts; it is not touched.
    """

    def __init__(self, path: str | Path, scorer: str, num_frames: int = 20) -> None:
        if num_frames < 1:
            raise ValueError(f'at least one labelled frame a video, got {num_frames}')
        self.path, self.scorer, self.num_frames = Path(path), scorer, num_frames

    def check(self, videos: Sequence[str]) -> None:
        """FileExistsError for a video that has a folder of labelled data already."""
        for video in videos:
            folder = self.path / FOLDER / video
            if folder.exists():
                raise FileExistsError(f'{folder} is there already and may hold labels by people: '
                                      'it is never written to; choose another --dlc-project')

    def add(self, source: FrameSource, skeleton: Skeleton, images: Sequence[ImageLabels],
            settings: CocoSettings) -> int:
        """Write labelled frames of one video, whose frames ``images`` are in order, and say how
        many; ``min_score`` and ``min_joints`` say which joints and frames count. Goes through the
        source once more."""
        labels = {image.frame: np.where((image.scores >= settings.min_score)[:, None],
                                        image.keypoints, np.nan) for image in images}
        sure = [frame for frame, keypoints in labels.items()
                if np.isfinite(keypoints).all(axis=1).sum() >= settings.min_joints]
        if not sure:
            return 0
        chosen = [sure[i] for i in evenly_spaced(len(sure), self.num_frames)]
        folder = self.path / FOLDER / source.name
        folder.mkdir(parents=True)  # fails, as it should, where one is there by now
        digits = max(4, len(str(chosen[-1])))
        names = {frame: f'img{frame:0{digits}d}.png' for frame in chosen}
        for t, image in enumerate(source):
            if source.numbers[t] in names:
                write_image(folder / names[source.numbers[t]], image)
        write_labelled(self.path, source.name, self.scorer, skeleton, list(names.values()),
                       np.stack([labels[frame] for frame in chosen]))
        return len(chosen)
