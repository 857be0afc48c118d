"""What ``tools/edit_pose.py`` reads and writes."""
from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from ikp_mm.clips.background import evenly_spaced, median_background, median_of_files
from ikp_mm.io.frame_sources import FrameFolder
from ikp_mm.io.pictures import read_image
from ikp_mm.synthetic import SyntheticClips
from ikp_mm.visualization import draw_keypoints, make_sheet, skeleton_to_image
from ikp_mm.visualization.video_writer import VideoWriter, write_gif

from .output_files import earlier_record, write_image
from .pose_editing import Move, PoseEditor, moved, sweep_poses
from .sources import SYNTHETIC
from .tracking import square_of_frame

MADE_BY, RECORD = 'tools/edit_pose.py', 'poses.json'
COLUMNS = ('picture', 'look', 'keypoints', 'ŷ', 'drawn anew')
CELL = 256
SWEEP_RATE = 12.0
SYNTHETIC_SIDE, SYNTHETIC_FRAMES = 128, 24
BACKGROUND_FRAMES = 60


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
        given: an image file, or ``synthetic:people``, ``synthetic:people:2`` (the third person).
        background: an image of the empty scene, or a folder of frames of the same view, whose
            median it is; None for none. Synthetic people bring theirs.

    Raises:
        ValueError: nothing found in the picture; a background of another size.
        UnreadableFrameError: an image that cannot be read.
    """
    if given.startswith(SYNTHETIC):
        image, empty = _synthetic(given)
    else:
        image = read_image(given)
        empty = None if background is None else _background(Path(background))
    square = square_of_frame(crop, None, margin)(image)
    if np.isnan(square).any():
        raise ValueError(f"{given}: crop '{crop}' found nothing")
    pixels = editor.cut(image, square)
    look = pixels
    if empty is not None:
        if empty.shape != image.shape:
            raise ValueError(f'{given} is {image.shape[1]} x {image.shape[0]}, its background '
                             f'{empty.shape[1]} x {empty.shape[0]}')
        look = editor.without_background(pixels, editor.cut(empty, square))
    return Picture(Path(given).name, pixels, look)


def edit(editor: PoseEditor, picture: Picture, out: Path, moves: Sequence[Move] = (),
         sweep: tuple[Move, Move] | None = None, frames: int = 24,
         appearance: Picture | None = None, swap: Picture | None = None,
         overwrite: bool = False) -> list[Path]:
    """Write ``panel.png``, ``poses.json`` and, for a sweep, ``sweep.gif`` and ``sweep.mp4`` into a
    new folder; returns the files.

    Args:
        moves: of joints.
        sweep, frames: see ``pose_editing.sweep_poses``; begins at the moved pose.
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
    swept = [] if sweep is None else [
        _sweep_frame(_row(editor, picture, look, pose))
        for pose in sweep_poses(target, sweep, frames, editor.skeleton)]
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
        moved=dict(zip(joints, target.round(4).tolist()))), indent=1), encoding='utf-8')
    if swept:
        files += [out / 'sweep.gif', out / 'sweep.mp4']
        write_gif(files[2], swept, SWEEP_RATE)
        with VideoWriter(files[3], SWEEP_RATE) as writer:
            for frame in swept:
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


def _synthetic(given: str) -> tuple[np.ndarray, np.ndarray]:
    number = given[len(SYNTHETIC):].removeprefix(':') or '0'
    if not number.isdecimal():
        raise ValueError(f'{given}: a synthetic person is {SYNTHETIC} or {SYNTHETIC}:NUMBER')
    clip = int(number)
    clips = SyntheticClips(split='test', num_clips=clip + 1, frames_per_clip=SYNTHETIC_FRAMES,
                           image_size=SYNTHETIC_SIDE)
    frames = [clips.frame(clip, t) for t in range(SYNTHETIC_FRAMES)]
    return np.array(frames[0]), median_background(frames)


def _background(path: Path) -> np.ndarray:
    if path.is_dir():
        folder = FrameFolder(path, path.name)
        if not folder.files:
            raise ValueError(f'{path} holds no image')
        return median_of_files([path / folder.files[k] for k in evenly_spaced(
            len(folder.files), BACKGROUND_FRAMES)])
    return read_image(path)
