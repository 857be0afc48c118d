"""Move named joints and let Psi draw the picture anew: what ``tools/edit_pose.py`` does.

    x --Phi, eta--> p --moved--> p' --beta--> y^ --+
                                                   Psi --> picture
                                              x' --+
"""
from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import Compose, pseudo_collate
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample

from ikp_mm.clips.background import foreground_weight, median_of_files
from ikp_mm.clips.frame_pairs import masked
from ikp_mm.io.atomic import earlier_record
from ikp_mm.io.frame_sources import FrameFolder, evenly_spaced
from ikp_mm.io.pictures import read_image, write_image
from ikp_mm.models import SkeletonHead
from ikp_mm.ops import frame_to_unit, unit_to_frame
from ikp_mm.skeletons import Skeleton
from ikp_mm.visualization import draw_keypoints, make_sheet, skeleton_to_image
from ikp_mm.visualization.video_writer import VideoWriter, write_gif

from .checkpoints import build_detector, load_strictly, read_checkpoint
from .predictor import box_of, cut
from .tracking import square_of_frame

MADE_BY, RECORD = 'tools/edit_pose.py', 'poses.json'
COLUMNS = ('picture', 'look', 'keypoints', 'ŷ', 'drawn anew')
CELL = 256
SWEEP_RATE = 12.0
BACKGROUND_FRAMES = 60
_NUMBER = r'[+-]?(?:\d+\.?\d*|\.\d+)'
_POINT = re.compile(f'({_NUMBER}),({_NUMBER})')
GENERATOR = 'generator.'
DEFAULTS = dict(threshold=24.0, softness=12.0, blur=1.0)  # as BackgroundModel's


@dataclass(frozen=True)
class Move:
    """Where a joint goes: x and y in fractions of the frame, ``relative`` when they are added to
    where it is."""

    joint: str
    x: float
    y: float
    relative: bool


def parse_move(text: str) -> Move:
    """``left_wrist=+0.1,-0.2`` moves by fractions of the frame, ``left_wrist=0.3,0.4`` puts it
    there (ValueError: neither); one sign is enough to mean by."""
    joint, _, place = text.partition('=')
    match = _POINT.fullmatch(place.strip())
    if not joint.strip() or match is None:
        raise ValueError(f'a move is JOINT=+DX,+DY or JOINT=X,Y in fractions of the frame, got '
                         f"'{text}'")
    x, y = (float(value) for value in match.groups())
    relative = any(value[0] in '+-' for value in match.groups())
    if not relative and not (x <= 1 and y <= 1):
        raise ValueError(f"'{text}': X and Y are fractions of the frame, 0 to 1; with a sign they "
                         'move by')
    return Move(joint.strip(), x, y, relative)


def parse_sweep(text: str) -> tuple[Move, Move]:
    """``left_wrist=-0.2,0:0.2,0``: from one offset to the other, fractions of the frame
    (ValueError: something else)."""
    joint, _, places = text.partition('=')
    matches = [_POINT.fullmatch(place.strip()) for place in places.split(':')]
    if not joint.strip() or len(matches) != 2 or None in matches:
        raise ValueError(f"a sweep is JOINT=DX,DY:DX,DY in fractions of the frame, got '{text}'")
    first, last = (Move(joint.strip(), float(match[1]), float(match[2]), True)
                   for match in matches)
    return first, last


def moved(keypoints: np.ndarray, moves: Sequence[Move], skeleton: Skeleton) -> np.ndarray:
    """Keypoints (K, 2), fractions of the frame, after the moves, one after the other; ValueError
    for a joint that the skeleton does not have."""
    result = np.array(keypoints, np.float64)
    for move in moves:
        k = skeleton.index(move.joint)
        result[k] = (result[k] if move.relative else 0) + np.array([move.x, move.y])
    return result


def sweep_poses(keypoints: np.ndarray, sweeps: Sequence[tuple[Move, Move]], frames: int,
                skeleton: Skeleton) -> list[np.ndarray]:
    """Poses (K, 2) of joints that go together, each from its first offset to its last and back,
    ever slower towards either end: a loop of ``frames``, at least 2, without a jerk."""
    if frames < 2:
        raise ValueError(f'a sweep has at least 2 frames, got {frames}')
    parts = (1 - np.cos(2 * np.pi * np.arange(frames) / frames)) / 2
    return [moved(keypoints, [Move(first.joint, first.x + part * (last.x - first.x),
                                   first.y + part * (last.y - first.y), True)
                              for first, last in sweeps], skeleton)
            for part in parts]


class PoseEditor:
    """Phi, eta, beta and Psi of a full KeypointGAN checkpoint.

    Pictures are (W, W, 3) uint8 BGR, the network's input frame; keypoints (K, 2) float64, (x, y)
    in fractions of it. Arguments as of ``load_predictor``.

    Raises:
        ValueError: a checkpoint without Psi, such as a slim one; see ``checkpoints`` for others.
    """

    def __init__(self, path: str | Path, config: str | Path | Config | None = None,
                 device: str = 'cpu') -> None:
        checkpoint = read_checkpoint(path, config)
        state = {key[len(GENERATOR):]: value for key, value in checkpoint.state.items()
                 if key.startswith(GENERATOR)}
        detector = build_detector(checkpoint, device)
        if not state or 'generator' not in detector.config.model:
            parts = sorted({key.split('.')[0] for key in checkpoint.state})
            raise ValueError(f'{checkpoint.path} has no Psi to draw pictures with (its weights '
                             f'begin with {parts}): editing needs a full checkpoint of a '
                             'KeypointGAN, not a slim one')
        self.model, self.skeleton = detector.model, detector.skeleton
        if not isinstance(self.model.head, SkeletonHead):
            raise ValueError(f'{checkpoint.path} has a {type(self.model.head).__name__}: without '
                             'beta there is no picture of a pose')
        self.generator = MODELS.build(detector.config.model.generator)
        load_strictly(self.generator, state, checkpoint)
        self.generator.to(device).eval()
        dataset = (detector.config.get('train_dataloader') or {}).get('dataset') or {}
        self._background = dict(dataset.get('background') or {})
        asked = dataset.get('mask')
        self.fills_background = bool(self._background) and (asked is None or 'appearance' in asked)
        self._pipeline = Compose(detector.config.test_dataloader.dataset.pipeline)

    def cut(self, image: np.ndarray, square: np.ndarray) -> np.ndarray:
        """The square (3,) of an image as Phi sees it."""
        packed = cut(self._pipeline, image, box_of(square), self.model.dataset_meta)
        return np.ascontiguousarray(packed['inputs'].numpy().transpose(1, 2, 0))

    @torch.no_grad()
    def find(self, picture: np.ndarray) -> np.ndarray:
        """Keypoints (K, 2)."""
        skeletons = self.model.extract_feat(self._normalised(picture))[-1]
        keypoints = unit_to_frame(self.model.head.keypoints(skeletons))
        return keypoints[0].cpu().numpy().astype(np.float64)

    @torch.no_grad()
    def draw(self, keypoints: np.ndarray, appearance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """A picture in a pose and the look of another; and beta's drawing (S, S)."""
        images = self._normalised(appearance)
        unit = frame_to_unit(torch.from_numpy(keypoints).to(images)[None])
        rendered = self.model.head.render(unit)
        made = self.generator(rendered, images)
        preprocessor = self.model.data_preprocessor
        pixels = (made * preprocessor.std + preprocessor.mean)[0]
        if preprocessor._channel_conversion:
            pixels = pixels.flip(0)
        pixels = pixels.clamp(0, 255).round().byte().permute(1, 2, 0)
        return np.ascontiguousarray(pixels.cpu().numpy()), rendered[0, 0].cpu().numpy()

    def without_background(self, picture: np.ndarray, background: np.ndarray) -> np.ndarray:
        """A picture with its background filled as in training; ``background`` is the same view
        without the figure."""
        options = {key: self._background.get(key, default) for key, default in DEFAULTS.items()}
        weight = foreground_weight(picture, background, **options)
        fill = np.broadcast_to(np.array(self._background.get('fill', 127), np.float64), (3, ))
        return masked(picture, weight, fill)

    def _normalised(self, picture: np.ndarray) -> torch.Tensor:
        tensor = torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))
        sample = dict(inputs=tensor, data_samples=PoseDataSample())
        return self.model.data_preprocessor(pseudo_collate([sample]))['inputs']


@dataclass
class Picture:
    """A picture cut for the network: ``pixels`` (W, W, 3) uint8 BGR, and ``look``, the same as it
    lends its look (background filled, where one was given)."""

    name: str
    pixels: np.ndarray
    look: np.ndarray


def read_picture(editor: PoseEditor, given: str, background: str | None, crop: str = 'whole',
                 margin: float | None = None) -> Picture:
    """Read and cut a picture, by a crop and margin of ``tracking.square_of_frame``.

    Args:
        given: an image file.
        background: an image of the empty scene, or a folder of frames of the same view, whose
            median it is; None for none.

    Raises:
        ValueError: nothing found in the picture; a background of another size.
        UnreadableFrameError: an image that cannot be read.
    """
    image = read_image(given)
    square = square_of_frame(crop, None, margin)(image)
    if np.isnan(square).any():
        raise ValueError(f"{given}: crop '{crop}' found nothing")
    pixels = editor.cut(image, square)
    look = pixels
    if background is not None:
        empty = _background(Path(background))
        if empty.shape != image.shape:
            raise ValueError(f'{given} is {image.shape[1]} x {image.shape[0]}, its background '
                             f'{empty.shape[1]} x {empty.shape[0]}')
        look = editor.without_background(pixels, editor.cut(empty, square))
    return Picture(Path(given).name, pixels, look)


def edit(editor: PoseEditor, picture: Picture, out: Path, moves: Sequence[Move] = (),
         sweeps: Sequence[tuple[Move, Move]] = (), frames: int = 24,
         appearance: Picture | None = None, swap: Picture | None = None,
         overwrite: bool = False) -> list[Path]:
    """Write ``panel.png``, ``poses.json`` and, for a sweep, ``sweep.gif`` and ``sweep.mp4`` into a
    new folder; returns the files.

    Args:
        moves: of joints.
        sweeps, frames: see ``sweep_poses``; they begin at the moved pose. ``poses.json`` says how
            far from where it was put Phi and eta find each swept joint in the drawn pictures, mean
            over the frames, in fractions of the frame.
        appearance: lends its look in place of the picture itself.
        swap: each of both is drawn in the pose of the other.
        overwrite: replace what this tool wrote before.

    Raises:
        FileExistsError: ``out`` is there (with ``overwrite``: and not this tool's).
        ValueError: unknown joints.
    """
    earlier = earlier_record(out, RECORD, MADE_BY, overwrite)
    found = editor.find(picture.pixels)
    target = moved(found, moves, editor.skeleton)
    look = appearance or picture
    rows, labels = [_row(editor, picture, picture, found)], ['as it is']
    if appearance is not None:
        rows.append(_row(editor, picture, look, found))
        labels.append('look of\nanother')
    if moves:
        rows.append(_row(editor, picture, look, target))
        labels.append('moved')
    if swap is not None:
        theirs = editor.find(swap.pixels)
        rows += [_row(editor, swap, swap, theirs), _row(editor, picture, swap, found),
                 _row(editor, swap, picture, theirs)]
        labels += ['the other', 'swapped', 'swapped']
    poses = sweep_poses(target, sweeps, frames, editor.skeleton) if sweeps else []
    swept = [_row(editor, picture, look, pose) for pose in poses]
    off = np.mean([np.linalg.norm(editor.find(row['drawn anew']) - pose, axis=1)
                   for row, pose in zip(swept, poses)] or [np.zeros(len(found))], axis=0)
    sheet = make_sheet(rows, COLUMNS, cell=CELL, row_labels=labels, skeleton=editor.skeleton,
                       title=picture.name)
    if earlier is not None:
        shutil.rmtree(out)
    files = [out / 'panel.png', out / RECORD]
    write_image(files[0], sheet)
    joints = editor.skeleton.joints
    files[1].write_text(json.dumps(dict(
        made_by=MADE_BY, picture=picture.name,
        found=dict(zip(joints, found.round(4).tolist())),
        moved=dict(zip(joints, target.round(4).tolist())),
        swept_joints_off={first.joint: round(float(off[editor.skeleton.index(first.joint)]), 4)
                          for first, _ in sweeps}), indent=1), encoding='utf-8')
    if swept:
        files += [out / 'sweep.gif', out / 'sweep.mp4']
        frames_of_sweep = [_sweep_frame(row) for row in swept]
        write_gif(files[2], frames_of_sweep, SWEEP_RATE)
        with VideoWriter(files[3], SWEEP_RATE) as writer:
            for frame in frames_of_sweep:
                writer.write(frame)
    return files


def _row(editor: PoseEditor, picture: Picture, look: Picture, pose: np.ndarray) -> dict:
    drawn, rendered = editor.draw(pose, look.look)
    keypoints = draw_keypoints(picture.pixels, pose * picture.pixels.shape[1::-1], editor.skeleton,
                               width=CELL)
    return dict(zip(COLUMNS, (picture.pixels, look.look, keypoints, skeleton_to_image(rendered),
                              drawn)))


def _sweep_frame(row: dict) -> np.ndarray:
    grey = cv2.cvtColor(row['ŷ'], cv2.COLOR_GRAY2BGR)
    return np.hstack([cv2.resize(image, (CELL, CELL), interpolation=cv2.INTER_CUBIC)
                      for image in (row['keypoints'], grey, row['drawn anew'])])


def _background(path: Path) -> np.ndarray:
    if path.is_dir():
        folder = FrameFolder(path, path.name)
        if not folder.files:
            raise ValueError(f'{path} holds no image')
        return median_of_files([path / folder.files[k] for k in evenly_spaced(
            len(folder.files), BACKGROUND_FRAMES)])
    return read_image(path)
