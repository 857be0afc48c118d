"""Simplified Human3.6M: the human images released with Zhang et al., CVPR 2018 (arXiv 1804.04412).

    <root>/S1/WithBackground/Directions 1.54138969/1.jpg     the frame, 128 x 128
    <root>/S1/BackgroudMask/Directions 1.54138969/1.png      grey: white is the figure
    <root>/S1/Landmarks/Directions 1.54138969/1.mat          keypoints_2d (32, 2), (y, x) in [0, 1]

Layout, spelling ("BackgroudMask"), key, order and range of the coordinates are those that the
KeypointGAN release reads (``data/simplehuman36m_dataset.py`` of ``tomasjakab/keypointgan``), and
so is the protocol, the default here: six activities; training on S1, 5, 6, 7, 8, 9, images from
the first half of each sequence and prior poses from the second; test on S11. A sequence's name
begins with its activity, up to a space or a dot (the whole word counts, unlike in the release:
'Walking' is not 'WalkingDog'); frames are named by number, not padded.

Frames are crops around the figure: a clip's background may move, and then has no median.
"""
from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, Sequence

import numpy as np
from mmengine.logging import MMLogger
from mmpose.registry import DATASETS

from ikp_mm.clips.background import read_mask
from ikp_mm.clips.sequences import check_interval, half_of
from ikp_mm.datasets.cropped_clips import CroppedClips
from ikp_mm.datasets.keypoint_frames import KeypointFramesDataset, keypoint_data_info
from ikp_mm.io.find import natural_key
from ikp_mm.io.formats.mat import read_mat
from ikp_mm.io.pictures import read_image
from ikp_mm.priors.pose_sources import NamedPoses, check_names, pose_source
from ikp_mm.skeletons import H36M32

ACTIVITIES = ('Waiting', 'Posing', 'Greeting', 'Directions', 'Discussion', 'Walking')
TRAIN_SUBJECTS = ('S1', 'S5', 'S6', 'S7', 'S8', 'S9')
TEST_SUBJECTS = ('S11', )
IMAGES, MASKS, LABELS = 'WithBackground', 'BackgroudMask', 'Landmarks'
HOW_TO_GET = ('See docs/datasets.md: get human_images.tar.gz, unpack it with '
              '"tar -xzf human_images.tar.gz -C data/simplified_h36m", and point at the folder '
              'that holds S1, S5, ... (each with WithBackground/, BackgroudMask/ and Landmarks/)')
LABELS_ARE = 'Landmarks are .mat files with keypoints_2d (32, 2), (y, x) as fractions of the frame'

_FRAME = re.compile(r'(\d+)\.jpg$')


class H36MSequence(NamedTuple):
    """One sequence of one subject."""

    subject: str  # e.g. 'S1'
    name: str  # e.g. 'Directions 1.54138969'
    activity: str  # e.g. 'Directions'
    frames: tuple[int, ...]  # numbers, in order


def list_sequences(root: str | Path, subjects: Sequence[str], activities: Sequence[str],
                   half: str | None = None) -> list[H36MSequence]:
    """Sequences in natural order; each folder is listed once and no file is opened.

    A sequence's frames are those of WithBackground, for clips and poses alike: two halves share no
    frame even where a mask or a label is missing.

    Args:
        root: the folder of S1, S5, ...
        subjects: e.g. ``TRAIN_SUBJECTS``; activities: e.g. ``ACTIVITIES``, whole words.
        half: 'first', 'second' or None for all frames.

    Raises:
        FileNotFoundError: ``root`` or a subject's images are missing; says what to get.
        ValueError: a subject lacks one of the activities; a half without a frame; bad arguments.
    """
    _require_lists(subjects, activities)
    root = Path(root)
    if not root.is_dir():
        raise FileNotFoundError(f'{root} does not exist. {HOW_TO_GET}')
    found = []
    for subject in subjects:
        folder = root / subject / IMAGES
        if not folder.is_dir():
            raise FileNotFoundError(f'{folder} does not exist. {HOW_TO_GET}')
        names = {name: re.split(r'[ .]', name)[0] for name in os.listdir(folder)}
        check_names(activities, names.values(), folder)
        for name in sorted(names, key=natural_key):
            if names[name] in activities:
                frames = _list_frames(folder / name)
                kept = frames[half_of(len(frames), half)]
                if not kept:
                    raise ValueError(f'{folder / name} has {len(frames)} frames, none of them in '
                                     f'the {half} half')
                found.append(H36MSequence(subject, name, names[name], kept))
    return found


def _require_lists(*given: Sequence[str]) -> None:
    if any(isinstance(names, str) or not names for names in given):
        raise ValueError(f'subjects and activities are lists with at least one name, got {given}')


def _list_frames(folder: Path) -> tuple[int, ...]:
    matches = map(_FRAME.match, os.listdir(folder))
    frames = tuple(sorted(int(match[1]) for match in matches if match))
    if not frames:
        raise FileNotFoundError(f'{folder} holds no frame such as 1.jpg. {HOW_TO_GET}')
    return frames


def read_landmarks(path: str | Path) -> np.ndarray:
    """One label file: (32, 2) float64, (x, y) as fractions of the frame.

    Raises:
        FileNotFoundError: no such file.
        ValueError: no ``.mat`` file, no ``keypoints_2d``, another number of joints, or coordinates
            that are no fractions (a joint may lie half a frame outside); names the file.
    """
    points, = read_mat(path, ['keypoints_2d'], LABELS_ARE)
    if points.shape != (H36M32.num_joints, 2):
        raise ValueError(f'{path}: keypoints_2d must be (32, 2), got {points.shape}')
    points = points.astype(np.float64)
    if not (np.abs(points - 0.5) <= 1).all():  # half a frame outside; NaN is refused too
        raise ValueError(f'{path}: keypoints_2d must be fractions of the frame, 0 to 1; they run '
                         f'from {points.min():.4g} to {points.max():.4g}')
    return points[:, ::-1]


@pose_source('simplified_h36m')
def simplified_h36m_poses(root: str, subjects: Sequence[str] = TRAIN_SUBJECTS,
                          activities: Sequence[str] = ACTIVITIES, half: str | None = 'second',
                          interval: int = 1) -> NamedPoses:
    """Poses of the landmarks: (N, 32, 2) float32 as fractions of the frame, with joint names.

    Every pose is a file of its own (some hundred thousand): what has been read is kept, for the
    prior and the metrics that compare with it.

    Args:
        root, subjects, activities, half: see ``list_sequences``.
        interval: every n-th frame of each sequence.

    Raises: as ``list_sequences`` and ``read_landmarks``; ValueError: the mean pose does not stand
        upright (another joint order, or (x, y)).
    """
    check_interval(interval)
    _require_lists(subjects, activities)
    return NamedPoses(
        _read_poses(str(root), tuple(subjects), tuple(activities), half, interval), H36M32.joints)


@lru_cache(maxsize=4)
def _read_poses(root: str, subjects: tuple[str, ...], activities: tuple[str, ...],
                half: str | None, interval: int) -> np.ndarray:
    files = [Path(root) / own.subject / LABELS / own.name / f'{frame}.mat'
             for own in list_sequences(root, subjects, activities, half)
             for frame in own.frames[::interval]]
    if len(files) > 20000:
        MMLogger.get_current_instance().info(
            f'reading {len(files)} label files below {root}; interval=10 reads a tenth')
    poses = np.stack([read_landmarks(file).astype(np.float32) for file in files])
    _require_upright(poses.mean(axis=0), files[0])
    poses.setflags(write=False)  # it is shared
    return poses


def _require_upright(mean_pose: np.ndarray, first_file: Path) -> None:
    """All six activities are done standing: over many frames, heads lie above feet."""
    feet = [H36M32.index('left_foot'), H36M32.index('right_foot')]
    right, down = mean_pose[feet].mean(axis=0) - mean_pose[H36M32.index('head')]
    if down <= abs(right):
        raise ValueError(
            f'{first_file} and the files after it: on average the feet lie {down:.2f} of the '
            f'frame below the head and {right:.2f} to its right, so the joints are not in the '
            'order of h36m32, or the coordinates not stored as (y, x)')


@DATASETS.register_module()
class SimplifiedH36MClips(CroppedClips):
    """Sequences as clips, with given masks (a clip source, see ``ikp_mm.clips.folders``), named as
    'S1/Directions 1.54138969'. Landmarks are neither read nor listed.

    Args:
        root, subjects, activities, half: see ``list_sequences``; errors too.
        interval: every n-th frame of each sequence.
        image_size, min_frames, cache: see ``CroppedClips``; errors too.
    """

    def __init__(self, root: str, image_size: int, subjects: Sequence[str] = TRAIN_SUBJECTS,
                 activities: Sequence[str] = ACTIVITIES, half: str | None = 'first',
                 interval: int = 1, min_frames: int = 2, cache: bool | int | str = False) -> None:
        check_interval(interval)
        self.root = Path(root)
        self._sequences = list_sequences(root, subjects, activities, half)
        super().__init__([f'{own.subject}/{own.name}' for own in self._sequences],
                         [own.frames[::interval] for own in self._sequences], image_size,
                         min_frames, cache)

    def path(self, clip: int, t: int, kind: str = IMAGES) -> Path:
        """The file of a frame (or of its mask: ``kind='BackgroudMask'``)."""
        sequence = self._sequences[clip]
        return self.root / sequence.subject / kind / sequence.name / (
            f'{self._frames[clip][t]}{".png" if kind == MASKS else ".jpg"}')

    def mask(self, clip: int, t: int) -> np.ndarray:
        """The given mask of frame t as (S, S) float32 in [0, 1], 1 on the figure."""
        return self._cut_mask(self.path(clip, t, MASKS), clip, t)


@DATASETS.register_module()
class SimplifiedH36MDataset(KeypointFramesDataset):
    """Evaluation on Simplified Human3.6M: whole frames, group is the activity.

    Args:
        root, subjects, activities, half: see ``list_sequences``.
        interval: every n-th frame of each sequence.
        background_fill: None shows the frames as they are; a grey level 0..255 fills what the
            given masks call background, as the reference does (0) in training and test.
        options: see ``KeypointFramesDataset``.

    Raises: as ``list_sequences`` and ``read_landmarks``; UnreadableFrameError: the first frame of
        a sequence, whose size counts for all, is broken.
    """

    METAINFO: dict = H36M32.to_metainfo()

    def __init__(self, root: str, subjects: Sequence[str] = TEST_SUBJECTS,
                 activities: Sequence[str] = ACTIVITIES, half: str | None = None,
                 interval: int = 1, background_fill: float | None = None, **options) -> None:
        check_interval(interval)
        if background_fill is not None and not 0 <= background_fill <= 255:
            raise ValueError(f'background_fill is a grey level 0..255, got {background_fill}')
        self.root = Path(root)
        self.selection = (subjects, activities, half)
        self.interval = int(interval)
        self.background_fill = background_fill
        super().__init__(H36M32, **options)

    def load_data_list(self) -> list[dict]:
        """See the class."""
        data_list: list[dict] = []
        for subject, name, activity, frames in list_sequences(self.root, *self.selection):
            images, labels = (self.root / subject / kind / name for kind in (IMAGES, LABELS))
            height, width = read_image(images / f'{frames[0]}.jpg').shape[:2]
            for frame in frames[::self.interval]:
                keypoints = read_landmarks(labels / f'{frame}.mat') * (width, height)
                info = keypoint_data_info(keypoints, (0, 0, width, height), len(data_list),
                                          activity)
                data_list.append(dict(
                    img_path=str(images / f'{frame}.jpg'),
                    mask_path=str(self.root / subject / MASKS / name / f'{frame}.png'), **info))
        return data_list

    def get_data_info(self, idx: int) -> dict:
        """The data info; with ``background_fill`` it holds the masked image as ``img``."""
        data_info = super().get_data_info(idx)
        if self.background_fill is not None:
            image = read_image(data_info['img_path'])
            weight = read_mask(data_info['mask_path'], image.shape)[..., None]
            filled = weight * image + (1 - weight) * self.background_fill
            data_info['img'] = np.rint(filled).astype(np.uint8)
        return data_info
