"""Penn Action (Zhang, Zhu, Derpanis, "From Actemes to Action", ICCV 2013), as it is downloaded.

    <root>/frames/0001/000001.jpg ...    2326 folders, frames of at most 640 x 480
    <root>/labels/0001.mat               action, pose, x, y, visibility, train, bbox, dimensions,
                                         nframes

x, y and visibility are (T, 13), in pixels (integers), joints in the order of ``penn13``; bbox is
(T, 4) x1, y1, x2, y2; train is 1 (training) or -1 (test), the official split. Sources: its README;
public loaders for the values of train, the order of the box, and for some clips having one box
less than frames. Actions are called as in the files (``bowl``, ``pullup``, ``squat``, ...).

Coordinates of a joint that is not visible mean nothing: it is a missing one (NaN) here.
"""
from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, Sequence

import numpy as np
from mmengine.logging import MMLogger
from mmpose.registry import DATASETS

from ikp_mm.clips.sequences import check_half, check_interval, half_of
from ikp_mm.datasets.cropped_clips import CroppedClips, require_files
from ikp_mm.datasets.keypoint_frames import KeypointFramesDataset, keypoint_data_info
from ikp_mm.io.crop import enclosing_square
from ikp_mm.io.formats.mat import read_mat
from ikp_mm.priors.pose_sources import NamedPoses, check_names, pose_source
from ikp_mm.skeletons import PENN13

SPLITS = {'train': 1, 'test': -1}
CROPS = ('clip', 'frame')
KEYS = ('x', 'y', 'visibility', 'bbox', 'train', 'action')
HOW_TO_GET = ('See docs/datasets.md: get Penn_Action.tar.gz, unpack it with '
              '"tar -xzf Penn_Action.tar.gz -C data", and point at the folder that holds frames/ '
              'and labels/')


class PennVideo(NamedTuple):
    """Labels of one video, over the T frames that have a box."""

    name: str  # '0001'
    action: str  # e.g. 'tennis_serve'
    split: str  # 'train' or 'test'
    numbers: np.ndarray  # (T,) int, frame numbers from 1
    boxes: np.ndarray  # (T, 4) x1, y1, x2, y2, pixels
    keypoints: np.ndarray  # (T, 13, 2) pixels, NaN where not visible

    def squares(self, crop: str, padding: float) -> np.ndarray:
        """Squares (T, 3) as cx, cy, side, pixels, ``padding`` times as large as the smallest
        around all boxes (crop='clip', for all frames) or around each frame's box ('frame')."""
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
    videos = [read_penn_video(path) for path in sorted(labels.glob('*.mat'))]
    if not videos:
        raise FileNotFoundError(f'{labels} holds no .mat file. {HOW_TO_GET}')
    known = sorted({video.action for video in videos})
    check_names(actions, known, labels)
    kept = []
    for action in known if actions is None else actions:
        of_action = [video for video in videos
                     if video.action == action and split in (None, video.split)]
        kept.extend(of_action[half_of(len(of_action), half)])
    if not kept:
        raise ValueError(f'{labels}: no video of split={split!r}, actions={actions}, '
                         f'half={half!r}')
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
        complete: only poses with all 13 joints visible; else with any, missing ones NaN.

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
class PennActionClips(CroppedClips):
    """Videos as clips (a clip source: see ``ikp_mm.clips.folders``), named '0001'.

    Args:
        root, split, actions, half: see ``load_penn_videos``.
        padding: enlarges the squares.
        crop: 'clip': one square for a video, the smallest around all its boxes, so that the
            background stands still where the camera does; 'frame': each frame by its own box, as
            in the test. The prior should say the same.
        image_size, min_frames, cache: see ``CroppedClips``; frames with a box count.

    Raises:
        FileNotFoundError: labels or frames missing; says what to get.
        ValueError: bad selection, too short clips, bad arguments.
    """

    def __init__(self, root: str, image_size: int, split: str | None = 'train',
                 actions: Sequence[str] | None = None, half: str | None = 'first',
                 padding: float = 1.2, crop: str = 'clip', min_frames: int = 2,
                 cache: bool | int | str = False) -> None:
        self.root = Path(root)
        videos = load_penn_videos(root, split, actions, half)
        _require_frames(self.root, videos)
        self._squares = [video.squares(crop, padding) for video in videos]
        super().__init__([video.name for video in videos], [video.numbers for video in videos],
                         image_size, min_frames, cache)

    def path(self, clip: int, t: int) -> Path:
        return self.root / _frame_path(self.name(clip), self._frames[clip][t])

    def square(self, clip: int, t: int) -> np.ndarray:
        return self._squares[clip][t]


@DATASETS.register_module()
class PennActionDataset(KeypointFramesDataset):
    """Evaluation on Penn Action: each frame by its own box; group is the action.

    The box is the annotated one, neither squared nor padded, for it is also PCK's unit
    (``norm_item='bbox'``); ``GetBBoxCenterScale(padding=...)`` should say what ``padding`` says in
    clips and prior. Joints that are not visible are not labelled.

    Args:
        root, split, actions, half: see ``load_penn_videos``.
        interval: every n-th frame of each video.
        options: see ``KeypointFramesDataset``.

    Raises: as ``load_penn_videos``; FileNotFoundError: frames missing, says what to get.
    """

    METAINFO: dict = PENN13.to_metainfo()

    def __init__(self, root: str, split: str | None = 'test',
                 actions: Sequence[str] | None = None, half: str | None = None,
                 interval: int = 1, **options) -> None:
        check_interval(interval)
        self.root = Path(root)
        self.selection = (split, actions, half)
        self.interval = int(interval)
        super().__init__(PENN13, **options)

    def load_data_list(self) -> list[dict]:
        """See the class."""
        videos = load_penn_videos(self.root, *self.selection)
        _require_frames(self.root, videos)
        data_list: list[dict] = []
        for video in videos:
            for t in range(0, len(video.numbers), self.interval):
                info = keypoint_data_info(video.keypoints[t], video.boxes[t], len(data_list),
                                          video.action)
                path = self.root / _frame_path(video.name, video.numbers[t])
                data_list.append(dict(img_path=str(path), **info))
        return data_list


def _frame_path(video: str, number: int) -> str:
    return f'frames/{video}/{number:06d}.jpg'


def _require_frames(root: Path, videos: Sequence[PennVideo]) -> None:
    """Refuse labels whose frames are not there; say how many frames have no label."""
    needed = [_frame_path(video.name, number) for video in videos for number in video.numbers]
    unlabelled = require_files(root, needed, HOW_TO_GET) - len(needed)
    if unlabelled:
        MMLogger.get_current_instance().warning(
            f'{unlabelled} frames below {root}/frames have no box and are left out')
