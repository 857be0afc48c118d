"""Predictions in DeepLabCut's two file layouts, CSV and H5 alike.

Predictions, as its ``analyze_videos`` leaves them beside a video: ``<video><scorer>.csv`` and
``.h5`` (key ``df_with_missing``), one row a frame, columns scorer / bodyparts / coords with coords
x, y, likelihood. Filtered ones, as its ``filterpredictions`` does: ``<video><scorer>_filtered.*``.

Labelled frames, as its labelling tools leave them and its training reads them:
``labeled-data/<video>/CollectedData_<scorer>.csv`` and ``.h5`` beside the images, coords x, y, rows
(labeled-data, <video>, <image>), nothing where a joint is not labelled.

Layouts: read in DeepLabCut 2.3 and 3.0 (``utils/auxiliaryfunctions.py``, ``compat.py``,
``pose_estimation_pytorch/apis``).
"""
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ikp_mm.io.formats.deeplabcut import require_pandas
from ikp_mm.skeletons import Skeleton

COLUMN_NAMES = ['scorer', 'bodyparts', 'coords']
H5_KEY = 'df_with_missing'
FOLDER = 'labeled-data'


def write_predictions(folder: str | Path, video: str, scorer: str, skeleton: Skeleton,
                      frames: np.ndarray, num_frames: int, keypoints: np.ndarray,
                      scores: np.ndarray, filtered: bool = False) -> list[Path]:
    """Write what was found in one video.

    Args:
        folder: where to; made when it is not there.
        video: its name, without suffix.
        scorer: name of who found it.
        skeleton: names the joints.
        frames: (T,) numbers of the frames that were looked at.
        num_frames: rows of the file; frames not among ``frames`` have no place and likelihood 0.
        keypoints: (T, K, 2) pixels, NaN where none.
        scores: (T, K).
        filtered: say so in the file names.

    Returns:
        list: the csv and the h5 file.

    Raises:
        ValueError: shapes that do not agree, a frame number outside ``num_frames``.
        ImportError: see ``require_pandas``.
    """
    joints = skeleton.num_joints
    if keypoints.shape != (len(frames), joints, 2) or scores.shape != (len(frames), joints):
        raise ValueError(f"'{video}': {len(frames)} frames of {skeleton} need keypoints "
                         f'{(len(frames), joints, 2)} and scores, got {keypoints.shape} and '
                         f'{scores.shape}')
    if len(frames) and not 0 <= min(frames) <= max(frames) < num_frames:
        raise ValueError(f"'{video}' has {num_frames} frames, but frame numbers run from "
                         f'{min(frames)} to {max(frames)}')
    rows = np.full((num_frames, joints, 3), np.nan)
    rows[..., 2] = 0.0
    rows[frames, :, :2] = keypoints
    rows[frames, :, 2] = np.where(np.isfinite(keypoints).all(axis=2), scores, 0.0)
    pandas = require_pandas()
    columns = pandas.MultiIndex.from_product(
        [[scorer], skeleton.joints, ['x', 'y', 'likelihood']], names=COLUMN_NAMES)
    table = pandas.DataFrame(rows.reshape(num_frames, -1), columns=columns)
    return _write(table, Path(folder), f"{video}{scorer}{'_filtered' if filtered else ''}",
                  'table')


def write_labelled(project: str | Path, video: str, scorer: str, skeleton: Skeleton,
                   images: Sequence[str], keypoints: np.ndarray) -> list[Path]:
    """Write the labels of one video's images; these lie, or are put, beside the files.

    Args:
        project: DeepLabCut's project folder; its ``labeled-data/<video>`` is made.
        video: its name, without suffix.
        scorer: the project's (``scorer`` in its config.yaml): its training looks for this name.
        skeleton: names the joints.
        images: T names of image files.
        keypoints: (T, K, 2) pixels, NaN where a joint is not labelled.

    Returns:
        list: the csv and the h5 file.

    Raises:
        ValueError: shapes that do not agree, no image.
        ImportError: see ``require_pandas``.
    """
    expected = (len(images), skeleton.num_joints, 2)
    if keypoints.shape != expected or not len(images):
        raise ValueError(f"'{video}': {len(images)} images of {skeleton} need keypoints "
                         f'{expected} and at least one image, got {keypoints.shape}')
    pandas = require_pandas()
    columns = pandas.MultiIndex.from_product([[scorer], skeleton.joints, ['x', 'y']],
                                             names=COLUMN_NAMES)
    index = pandas.MultiIndex.from_tuples([(FOLDER, video, image) for image in images])
    table = pandas.DataFrame(keypoints.reshape(len(images), -1), columns=columns, index=index)
    return _write(table, Path(project) / FOLDER / video, f'CollectedData_{scorer}', 'fixed')


def _write(table, folder: Path, stem: str, h5_format: str) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    # Not with_suffix: a video's name may hold dots.
    csv, h5 = folder / f'{stem}.csv', folder / f'{stem}.h5'
    table.to_csv(csv)
    table.to_hdf(h5, key=H5_KEY, format=h5_format, mode='w')
    return [csv, h5]
