"""Human3.6M in the layout that MMPose's ``tools/dataset_converters/preprocess_h36m.py`` writes.

    <data_root>/annotation_body3d/fps10/h36m_train.npz, h36m_test.npz
    <data_root>/images/S1/S1_Directions_1.54138969/S1_Directions_1.54138969_000001.jpg
    <data_root>/<masks>/S1/S1_Directions_1.54138969/S1_Directions_1.54138969_000001.png

The npz holds ``imgname`` (N,) paths below ``images``; ``center`` (N, 2) and ``scale`` (N,), the
box of the figure in pixels: centre, and side / 200, the larger side of the joints' box times 1.2;
``part`` (N, 17, 3) joints in pixels (and 1). Training on crops uses where the figure is, as the
published protocols do, never where its joints are. The masks are optional and not that script's:
grey images of the frames' size, white on the figure.

Joint 1 is the *right* hip, as MMPose's ``h36m`` meta and our H36M17 say, and as the 3D joints of
MMPose's samples show (``h36m_coco.json`` in its test data calls it ``left_hip``: wrong).
"""
from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Sequence

import numpy as np
from mmpose.registry import DATASETS

from ikp_mm.clips.background import median_of_files
from ikp_mm.clips.sequences import check_interval, half_of, pieces_of
from ikp_mm.datasets.cropped_clips import CroppedClips, require_files
from ikp_mm.datasets.keypoint_frames import KeypointFramesDataset, keypoint_data_info
from ikp_mm.io.crop import crop_square, enclosing_square
from ikp_mm.io.find import natural_key
from ikp_mm.io.formats.coco import PIXELS_PER_SCALE
from ikp_mm.io.formats.npz import read_npz
from ikp_mm.io.frame_sources import evenly_spaced
from ikp_mm.priors.pose_sources import NamedPoses, check_names, pose_source
from ikp_mm.skeletons import H36M17

HOW_TO_GET = ('Human3.6M must be asked for at http://vision.imar.ro/human3.6m (own licence, no '
              'redistribution). Prepare it with MMPose\'s "python tools/dataset_converters/'
              'preprocess_h36m.py --metadata metadata.xml --original data/h36m_original '
              '--processed data/h36m", and point data_root at the "processed" folder it writes '
              '(annotation_body3d/ and images/); see docs/datasets.md')

IMAGES = 'images'
_SEQUENCE = re.compile(r'(S\d+)_([A-Za-z]+)[^.]*\.(\d+)$')  # subject, activity, camera
# Subject 1's recordings spell two activities differently.
_ALIASES = {'TakingPhoto': 'Photo', 'WalkingDog': 'WalkDog'}


@dataclass(frozen=True)
class H36MAnnotations:
    """Rows of an annotation file."""

    image_names: np.ndarray  # (N,) str, paths below the images folder
    sequences: np.ndarray  # (N,) str, e.g. 'S1_Directions_1.54138969'
    subjects: np.ndarray  # (N,) str, as the next two
    activities: np.ndarray
    cameras: np.ndarray
    centers: np.ndarray  # (N, 2) of the figure's square box, pixels
    sides: np.ndarray  # (N,) of that box
    keypoints: np.ndarray  # (N, 17, 2) pixels

    def __len__(self) -> int:
        return len(self.image_names)

    def boxes(self, padding: float) -> np.ndarray:
        """(N, 4) x1, y1, x2, y2 of the boxes enlarged by ``padding``, pixels."""
        half = (self.sides * padding / 2)[:, None]
        return np.hstack([self.centers - half, self.centers + half])


def load_h36m_annotations(ann_file: str | Path, subjects: Sequence[str] | None = None,
                          activities: Sequence[str] | None = None,
                          cameras: Sequence[str] | None = None,
                          half: str | None = None) -> H36MAnnotations:
    """Read an annotation file and keep the rows asked for.

    Args:
        ann_file: the npz.
        subjects, activities, cameras: None is all, or lists such as ['S9', 'S11'], ['Waiting'],
            ['54138969'].
        half: 'first' or 'second' half of every sequence, in time; None takes all of it.

    Raises:
        FileNotFoundError: no such file; says where to get it.
        ValueError: not such a file, or one of the names asked for occurs in no row.
    """
    path = Path(ann_file)
    names, centers, scales, part = read_npz(path, ['imgname', 'center', 'scale', 'part'],
                                            HOW_TO_GET)
    if part.shape != (len(names), H36M17.num_joints, 3):
        raise ValueError(f'{path}: part must be ({len(names)}, 17, 3), got {part.shape}')
    sequences = np.array([Path(name).parent.name for name in names])
    parsed = {sequence: _parse_sequence(sequence, path) for sequence in np.unique(sequences)}
    keys = np.array([parsed[sequence] for sequence in sequences])
    keep = np.ones(len(names), bool)
    for column, wanted in enumerate((subjects, activities, cameras)):
        check_names(wanted, keys[:, column].tolist(), path)
        if wanted is not None:
            keep &= np.isin(keys[:, column], list(wanted))
    in_half = np.zeros(len(names), bool)
    for rows in _rows_of_sequences(names, sequences):
        in_half[rows[half_of(len(rows), half)]] = True
    keep &= in_half
    if not keep.any():
        raise ValueError(f'{path}: no row has subjects={subjects}, activities={activities}, '
                         f'cameras={cameras} and half={half!r} together')
    return H36MAnnotations(names[keep], sequences[keep], *keys[keep].T, centers[keep],
                           scales[keep] * PIXELS_PER_SCALE, part[keep, :, :2])


def _parse_sequence(sequence: str, path: Path) -> tuple[str, str, str]:
    """Subject, activity and camera of a sequence folder's name."""
    match = _SEQUENCE.match(sequence)
    if match is None:
        raise ValueError(f"{path}: '{sequence}' is no sequence folder of preprocess_h36m.py, such "
                         "as 'S1_Directions_1.54138969'")
    subject, activity, camera = match.groups()
    return subject, _ALIASES.get(activity, activity), camera


def _rows_of_sequences(names: np.ndarray, sequences: np.ndarray) -> list[np.ndarray]:
    """Row numbers of every sequence, in time order: names end in zero-padded frame numbers."""
    order = np.argsort(names)
    starts = np.flatnonzero(np.r_[True, sequences[order][1:] != sequences[order][:-1]])
    return np.split(order, starts[1:])


def cut_into_clips(rows: H36MAnnotations, frames_per_clip: int | None) -> list[np.ndarray]:
    """Row numbers of every clip, in time order; see ``H36MClips``."""
    inside = sorted(_rows_of_sequences(rows.image_names, rows.sequences),
                    key=lambda own: natural_key(rows.sequences[own[0]]))
    return [own[piece] for own in inside for piece in pieces_of(len(own), frames_per_clip)]


@pose_source('h36m')
def h36m_poses(ann_file: str | Path, subjects: Sequence[str] | None = None,
               activities: Sequence[str] | None = None, cameras: Sequence[str] | None = None,
               half: str | None = None, frames_per_clip: int | None = None,
               padding: float = 1.0, interval: int = 1) -> NamedPoses:
    """Poses (N, 17, 2) as fractions of the square of their clip, framed as ``H36MClips`` are.

    Args:
        ann_file, subjects, activities, cameras, half: see ``load_h36m_annotations``.
        frames_per_clip, padding: as for the clips; 1 frames each pose as ``H36MDataset`` does.
        interval: every n-th row.
    """
    check_interval(interval)
    rows = load_h36m_annotations(ann_file, subjects, activities, cameras, half)
    boxes, poses = rows.boxes(padding), np.empty(rows.keypoints.shape)
    for clip in cut_into_clips(rows, frames_per_clip):
        square = enclosing_square(boxes[clip])
        poses[clip] = (rows.keypoints[clip] - square[:2]) / square[2] + 0.5
    return NamedPoses(poses[::interval], H36M17.joints)


@DATASETS.register_module()
class H36MClips(CroppedClips):
    """Sequences as clips (a clip source: see ``ikp_mm.clips.folders``).

    A clip is one sequence of one camera, or a piece of one, cropped by *one* static square: the
    smallest that holds the boxes of all its frames. So the background stands still, and a figure
    that walks through the room is small; cut sequences into pieces to keep it large. Its name is
    '<sequence>/<first frame number>', e.g. 'S1_Directions_1.54138969/000001'.

    Args:
        data_root: the folder with ``annotation_body3d`` and ``images``.
        ann_file: below it.
        subjects, activities, cameras, half: see ``load_h36m_annotations``.
        frames_per_clip: None keeps sequences whole, or see ``pieces_of``.
        padding: enlarges the crop.
        mask_prefix: None, or the folder of the masks below ``data_root``, for ``mask``.
        background_frames: 0, or give every clip a background: the median of this many full images
            spread over *all* selected sequences of its subject and camera (where the figure stands
            elsewhere), cropped like the clip. Label-free but for the crop.
        image_size, min_frames, cache: see ``CroppedClips``.

    Raises:
        FileNotFoundError: annotations, images or the folder of masks missing; says what to get.
        ValueError: bad selection, too short clips.
    """

    def __init__(self, data_root: str, image_size: int,
                 ann_file: str = 'annotation_body3d/fps10/h36m_train.npz',
                 subjects: Sequence[str] | None = None, activities: Sequence[str] | None = None,
                 cameras: Sequence[str] | None = None, half: str | None = None,
                 frames_per_clip: int | None = None, padding: float = 1.0,
                 mask_prefix: str | None = None, background_frames: int = 0, min_frames: int = 2,
                 cache: bool | int | str = False) -> None:
        self.image_root = Path(data_root) / IMAGES
        self.mask_root = None if mask_prefix is None else Path(data_root) / mask_prefix
        self.background_frames = int(background_frames)
        rows = load_h36m_annotations(Path(data_root) / ann_file, subjects, activities, cameras,
                                     half)
        # What is trained on never holds a joint.
        self._rows = replace(rows, keypoints=np.empty((len(rows), 0, 2)))
        require_files(self.image_root, rows.image_names, HOW_TO_GET)
        if self.mask_root is not None and not self.mask_root.is_dir():
            raise FileNotFoundError(f'the folder of masks {self.mask_root} does not exist; leave '
                                    'mask_prefix=None, or see docs/datasets.md')
        clips, boxes = cut_into_clips(rows, frames_per_clip), rows.boxes(padding)
        firsts = [Path(rows.image_names[clip[0]]) for clip in clips]
        super().__init__([f'{first.parent.name}/{first.stem.rsplit("_", 1)[-1]}'
                          for first in firsts], clips, image_size, min_frames, cache)
        self._squares = [enclosing_square(boxes[clip]) for clip in clips]
        self._room: dict[tuple[str, str], np.ndarray] = {}

    def path(self, clip: int, t: int) -> Path:
        return self.image_root / self._image_name(clip, t)

    def square(self, clip: int, t: int = 0) -> np.ndarray:
        """The clip's square (cx, cy, side) in pixels of the original frame."""
        return self._squares[clip]

    def background(self, clip: int) -> np.ndarray | None:
        """The room without the figure, cropped like the clip; None of ``background_frames=0``."""
        if self.background_frames == 0:
            return None
        rows, row = self._rows, self._frames[clip][0]
        key = (str(rows.subjects[row]), str(rows.cameras[row]))
        if key not in self._room:
            names = rows.image_names[(rows.subjects == key[0]) & (rows.cameras == key[1])]
            self._room[key] = median_of_files(
                [self.image_root / str(names[k])
                 for k in evenly_spaced(len(names), self.background_frames)])
        return crop_square(self._room[key], self._squares[clip], self.image_size)

    def mask(self, clip: int, t: int) -> np.ndarray:
        """The given mask of frame t, cropped like it: (S, S) float32 in [0, 1], 1 on the figure.

        Raises:
            ValueError: no ``mask_prefix``; see ``read_mask``.
            UnreadableFrameError: the mask or its frame is missing or broken.
        """
        if self.mask_root is None:
            raise ValueError('H36MClips has masks only with mask_prefix=..., see docs/datasets.md')
        name = Path(self._image_name(clip, t)).with_suffix('.png')
        return self._cut_mask(self.mask_root / name, clip, t)

    def _image_name(self, clip: int, t: int) -> str:
        return str(self._rows.image_names[self._frames[clip][t]])


@DATASETS.register_module()
class H36MDataset(KeypointFramesDataset):
    """Evaluation on Human3.6M: each frame cropped by its own annotated box; group is the activity.

    The box is not padded here: ``GetBBoxCenterScale(padding=...)`` of the pipeline decides, and
    should say the same as the ``padding`` of the clips.

    Args:
        data_root, ann_file, subjects, activities, cameras: see ``H36MClips``.
        interval: use every n-th row.
        options: see ``KeypointFramesDataset``.

    Raises:
        FileNotFoundError: annotations or images missing; says what to get.
    """

    METAINFO: dict = H36M17.to_metainfo()

    def __init__(self, data_root: str, ann_file: str = 'annotation_body3d/fps10/h36m_test.npz',
                 subjects: Sequence[str] | None = None, activities: Sequence[str] | None = None,
                 cameras: Sequence[str] | None = None, interval: int = 1, **options) -> None:
        check_interval(interval)
        self.labels_path = Path(data_root) / ann_file
        self.image_root = Path(data_root) / IMAGES
        self.selection = (subjects, activities, cameras)
        self.interval = int(interval)
        super().__init__(H36M17, **options)

    def load_data_list(self) -> list[dict]:
        """See the class."""
        rows = load_h36m_annotations(self.labels_path, *self.selection)
        require_files(self.image_root, rows.image_names, HOW_TO_GET)
        boxes = rows.boxes(padding=1.0)
        return [dict(img_path=str(self.image_root / str(rows.image_names[i])),
                     **keypoint_data_info(rows.keypoints[i], boxes[i], i, rows.activities[i]))
                for i in range(0, len(rows), self.interval)]
