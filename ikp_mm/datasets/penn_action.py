"""Penn Action (Zhang, Zhu, Derpanis, "From Actemes to Action", ICCV 2013), as it is downloaded.

    <root>/frames/0001/000001.jpg ...    2326 folders, frames of at most 640 x 480
    <root>/labels/0001.mat               action, pose, x, y, visibility, train, bbox, dimensions,
                                         nframes

x, y and visibility are (T, 13), in pixels (integers), joints in the order of ``penn13``; bbox is
(T, 4) x1, y1, x2, y2; train is 1 (training) or -1 (test), the official split. Sources: the
dataset's own description (its README) for tree, keys, shapes and joints; public loaders for the
values of train, the order of the box, and for some clips having one box less than frames. Action
names are those in the files (``bowl``, ``pullup``, ``squat``, ...), which are shorter than the
README's.

A joint that is not visible has coordinates without a meaning: it is a missing one (NaN) here.
"""
from __future__ import annotations

import os
from pathlib import Path
from typing import Callable, NamedTuple, Sequence

import numpy as np
from mmengine.logging import MMLogger
from mmpose.registry import DATASETS

from ikp_mm.clips.frame_cache import FrameCache, read_bytes_option
from ikp_mm.clips.sequences import check_half, check_interval, half_of
from ikp_mm.datasets.keypoint_frames import KeypointFramesDataset, keypoint_data_info
from ikp_mm.io.crop import crop_square, enclosing_square
from ikp_mm.io.formats.mat import read_mat
from ikp_mm.io.pictures import read_image
from ikp_mm.priors.pose_sources import NamedPoses, pose_source
from ikp_mm.skeletons import PENN13

SPLITS = {'train': 1, 'test': -1}
CROPS = ('clip', 'frame')
KEYS = ('x', 'y', 'visibility', 'bbox', 'train', 'action')
HOW_TO_GET = ('See docs/datasets.md: get Penn_Action.tar.gz, unpack it with '
              '"tar -xzf Penn_Action.tar.gz -C data", and point at the folder that holds frames/ '
              'and labels/')


class PennVideo(NamedTuple):
    """Labels of one video, over the T frames that have a box.

    Attributes:
        name: '0001'.
        action: e.g. 'tennis_serve'.
        split: 'train' or 'test'.
        numbers: (T,) int, frame numbers from 1.
        boxes: (T, 4) x1, y1, x2, y2, pixels.
        keypoints: (T, 13, 2) pixels, NaN where not visible.
    """

    name: str
    action: str
    split: str
    numbers: np.ndarray
    boxes: np.ndarray
    keypoints: np.ndarray

    def squares(self, crop: str, padding: float) -> np.ndarray:
        """Squares (T, 3) as cx, cy, side, pixels.

        Args:
            crop: 'clip': the same for all frames, the smallest around all boxes; 'frame': the
                smallest around each frame's box.
            padding: multiplies their sides.

        Raises:
            ValueError: another crop.
        """
        if crop not in CROPS:
            raise ValueError(f'crop must be one of {CROPS}, got {crop!r}')
        parts = self.boxes[None] if crop == 'clip' else self.boxes[:, None]
        squares = np.stack([enclosing_square(part) for part in parts]) * (1, 1, padding)
        return np.broadcast_to(squares, (len(self.boxes), 3))


def read_penn_video(path: str | Path) -> PennVideo:
    """Read one label file. Frames without a box (no row, or one without an area) are left out.

    Raises:
        FileNotFoundError: no such file.
        ValueError: no ``.mat`` file, a missing key, shapes that do not fit, no usable box, or a
            split or action that is none; names the file.
    """
    path = Path(path)
    x, y, visibility, boxes, train, action = read_mat(path, KEYS, 'It is no label of Penn Action')
    shape = (len(x), PENN13.num_joints)
    if not x.shape == y.shape == visibility.shape == shape:
        raise ValueError(f'{path}: x, y and visibility must be (T, 13), got {x.shape}, {y.shape} '
                         f'and {visibility.shape}')
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise ValueError(f'{path}: bbox must be (T, 4), got {boxes.shape}')
    splits = [name for name, value in SPLITS.items() if train.size == 1 and train.item() == value]
    if not splits:
        raise ValueError(f'{path}: train must be 1 or -1, got {train.tolist()}')
    if action.size != 1 or not isinstance(action.flat[0], str):
        raise ValueError(f'{path}: action must be one name, got {action.tolist()}')
    count = min(len(x), len(boxes))
    boxes = boxes[:count].astype(np.float64)
    usable = np.flatnonzero((boxes[:, 2:] > boxes[:, :2]).all(axis=1))
    if not len(usable):
        raise ValueError(f'{path}: no frame has a box with an area')
    # The files hold unsigned integers, which would wrap around when subtracted.
    points = np.stack([x, y], axis=2)[usable].astype(np.float64)
    points[visibility[usable] == 0] = np.nan
    return PennVideo(path.stem, str(action.flat[0]).strip(), splits[0], usable + 1, boxes[usable],
                     points)


def load_penn_videos(root: str | Path, split: str | None, actions: Sequence[str] | None = None,
                     half: str | None = None) -> list[PennVideo]:
    """The videos of a split, by number; each label file is read.

    Args:
        root: the folder of ``frames`` and ``labels``.
        split: 'train', 'test' or None for both.
        actions: names as in the files, e.g. ['tennis_serve', 'golf_swing']; None is all.
        half: the 'first' or 'second' half of every action's videos of the split, by number, so
            that clips and prior poses come from different videos; None takes all.

    Raises:
        FileNotFoundError: ``root`` has no labels; says what to get.
        ValueError: unknown split, half or action; nothing left; and as ``read_penn_video``.
    """
    check_half(half)
    if split is not None and split not in SPLITS:
        raise ValueError(f"split must be 'train', 'test' or None, got {split!r}")
    labels = Path(root) / 'labels'
    if not labels.is_dir():
        raise FileNotFoundError(f'{labels} does not exist. {HOW_TO_GET}')
    files = sorted(name for name in os.listdir(labels) if name.endswith('.mat'))
    if not files:
        raise FileNotFoundError(f'{labels} holds no .mat file. {HOW_TO_GET}')
    videos = [read_penn_video(labels / name) for name in files]
    known = sorted({video.action for video in videos})
    if actions is not None and (isinstance(actions, str) or not set(actions) <= set(known)):
        raise ValueError(f'{labels}: actions must be a list of some of {known}, got {actions!r}')
    kept = []
    for action in known if actions is None else actions:
        of_action = [video for video in videos
                     if video.action == action and split in (None, video.split)]
        kept.extend(of_action[half_of(len(of_action), half)])
    if not kept:
        raise ValueError(f'{labels}: no video of split={split!r}, actions={actions}, half={half!r}')
    return sorted(kept, key=lambda video: video.name)


@pose_source('penn_action')
def penn_action_poses(root: str, split: str | None = 'train',
                      actions: Sequence[str] | None = None, half: str | None = 'second',
                      padding: float = 1.2, crop: str = 'clip', interval: int = 1,
                      complete: bool = True) -> NamedPoses:
    """Poses (N, 13, 2) as fractions of their squares, framed as ``PennActionClips`` are.

    Args:
        root, split, actions, half: see ``load_penn_videos``.
        padding, crop: as for the clips. The test frames are those of crop='frame'.
        interval: every n-th frame of each video.
        complete: only poses with all 13 joints visible; else missing joints are NaN
            (``PosePriorDataset(allow_missing=True)``). A pose without any joint is left out.

    Raises:
        FileNotFoundError, ValueError: as ``load_penn_videos``; no pose is left.
    """
    check_interval(interval)
    poses = []
    for video in load_penn_videos(root, split, actions, half):
        squares = video.squares(crop, padding)[:, None]
        fractions = (video.keypoints - squares[..., :2]) / squares[..., 2:] + 0.5
        poses.append(fractions[::interval])
    stacked = np.concatenate(poses)
    visible = np.isfinite(stacked).all(axis=2)
    stacked = stacked[visible.all(axis=1) if complete else visible.any(axis=1)]
    if not len(stacked):
        raise ValueError(f'{root}: none of {len(visible)} poses has '
                         f'{"all 13 joints" if complete else "a joint"} visible')
    return NamedPoses(stacked, PENN13.joints)


@DATASETS.register_module()
class PennActionClips:
    """Videos as clips (a clip source: see ``ikp_mm.clips.folders``). No joint is kept.

    Args:
        root: the folder of ``frames`` and ``labels``.
        image_size: side S of the frames.
        split, actions, half: see ``load_penn_videos``.
        padding: enlarges the squares.
        crop: 'clip': one square for a video, the smallest around all its boxes, so that the
            background stands still where the camera does; 'frame': each frame by its own box, as
            in the test. The prior should say the same.
        min_frames: a clip with fewer frames is an error.
        cache: keep cropped frames in memory, within a budget, as in ``FolderClips``.

    Raises:
        FileNotFoundError: labels or frames missing; says what to get.
        ValueError: bad selection, too short clips, bad arguments.
    """

    def __init__(self, root: str, image_size: int, split: str | None = 'train',
                 actions: Sequence[str] | None = None, half: str | None = 'first',
                 padding: float = 1.2, crop: str = 'clip', min_frames: int = 2,
                 cache: bool | int | str = False) -> None:
        self.image_root = Path(root) / 'frames'
        self.image_size = int(image_size)
        videos = load_penn_videos(root, split, actions, half)
        _require_frames(self.image_root, videos)
        self._names = [video.name for video in videos]
        self._numbers = [video.numbers for video in videos]
        self._squares = [video.squares(crop, padding) for video in videos]
        self._cache = FrameCache(read_bytes_option(cache, 'cache'))
        short = [name for name, numbers in zip(self._names, self._numbers)
                 if len(numbers) < min_frames]
        if short:
            raise ValueError(f'{self.image_root}: {len(short)} clips have fewer than '
                             f'min_frames={min_frames} frames with a box: {short[:20]}')

    def __len__(self) -> int:
        return len(self._names)

    def name(self, clip: int) -> str:
        """The video's number, e.g. '0001'."""
        return self._names[clip]

    def num_frames(self, clip: int) -> int:
        return len(self._numbers[clip])

    def square(self, clip: int, t: int) -> np.ndarray:
        """The square (cx, cy, side) of frame t in pixels of the original frame."""
        return self._squares[clip][t]

    def frame(self, clip: int, t: int) -> np.ndarray:
        """Cropped frame t as (S, S, 3) uint8 BGR. Treat it as read-only."""
        image = self._cache.get((clip, t))
        if image is not None:
            return image
        path = self.image_root / self._names[clip] / _frame_name(self._numbers[clip][t])
        image = crop_square(read_image(path), self.square(clip, t), self.image_size)
        self._cache.put((clip, t), image)
        return image

    def background(self, clip: int) -> None:
        """None: the dataset comes with no background."""
        return None


@DATASETS.register_module()
class PennActionDataset(KeypointFramesDataset):
    """Evaluation on Penn Action: each frame by its own box; group is the action.

    The box is the annotated one, neither squared nor padded, for it is also PCK's unit
    (``norm_item='bbox'``); ``GetBBoxCenterScale(padding=...)`` should say what ``padding`` says in
    clips and prior. Joints that are not visible are not labelled.

    Args:
        root, split, actions, half: see ``load_penn_videos``.
        interval: every n-th frame of each video.
        pipeline, indices, test_mode, serialize_data, lazy_init: see ``KeypointFramesDataset``.

    Raises:
        FileNotFoundError: labels or frames missing; says what to get.
        ValueError: as ``load_penn_videos``.
    """

    METAINFO: dict = PENN13.to_metainfo()

    def __init__(self, root: str, split: str | None = 'test',
                 actions: Sequence[str] | None = None, half: str | None = None,
                 interval: int = 1, pipeline: Sequence[dict | Callable] = (),
                 indices: int | Sequence[int] | None = None, test_mode: bool = True,
                 serialize_data: bool = True, lazy_init: bool = False) -> None:
        check_interval(interval)
        self.root = Path(root)
        self.selection = (split, actions, half)
        self.interval = int(interval)
        super().__init__(PENN13, pipeline, indices, test_mode, serialize_data, lazy_init)

    def load_data_list(self) -> list[dict]:
        """One entry per frame; see the class for errors."""
        videos = load_penn_videos(self.root, *self.selection)
        _require_frames(self.root / 'frames', videos)
        data_list: list[dict] = []
        for video in videos:
            for t in range(0, len(video.numbers), self.interval):
                path = self.root / 'frames' / video.name / _frame_name(video.numbers[t])
                info = keypoint_data_info(video.keypoints[t], video.boxes[t], len(data_list),
                                          video.action)
                data_list.append(dict(img_path=str(path), **info))
        return data_list


def _frame_name(number: int) -> str:
    return f'{number:06d}.jpg'


def _require_frames(image_root: Path, videos: Sequence[PennVideo]) -> None:
    """Refuse labels whose frames are not there; say how many frames have no label."""
    unlabelled = 0
    for video in videos:
        folder = image_root / video.name
        if not folder.is_dir():
            raise FileNotFoundError(f'{folder} does not exist. {HOW_TO_GET}')
        there = set(os.listdir(folder))
        missing = [name for name in map(_frame_name, video.numbers) if name not in there]
        if missing:
            raise FileNotFoundError(f'{len(missing)} of {len(video.numbers)} frames are missing '
                                    f'in {folder}, the first is {missing[0]}. {HOW_TO_GET}')
        unlabelled += len(there) - len(video.numbers)
    if unlabelled:
        MMLogger.get_current_instance().warning(
            f'{unlabelled} frames below {image_root} have no box and are left out')
