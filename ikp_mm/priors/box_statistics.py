"""Is the prior framed like the figures? Boxes of the prior's joints against boxes of the figures.

The figures' boxes need no label:

- 'weight': from the foreground weight of each frame, where the pairs have a background or a mask;
- 'motion': from what moves within each clip, where they have none. A weak estimate: a talking face
  moves at the mouth alone, a following camera moves everything.

Convention: a box is (centre x, centre y, width, height) as fractions of the frame, y down.
"""
from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from ikp_mm.io.frame_sources import evenly_spaced
from ikp_mm.io.pictures import UnreadableFrameError
from ikp_mm.ops.coords import unit_to_frame

BOX_FIELDS = ('centre x', 'centre y', 'width', 'height', 'longer side')
# Of a figure's weight, what lies outside its box on each side: joints lie inside the figure.
TAIL = 0.03
# A weight that counts as figure, and the least part of the frame that must.
MIN_WEIGHT, MIN_AREA = 0.5, 0.005
# Specks smaller than this part of the largest one are noise.
MIN_SPECK = 0.1
MOTION_FRAMES, MOTION_CLIPS = 24, 60
# How far the medians of the longer sides may differ before the prior is called mis-framed. Prior /
# figures where training worked: 1.03 on synthetic people, 0.74 on mice, whose tail has no joint.
SIDE_RATIOS = dict(weight=(0.7, 1.4), motion=(0.5, np.inf))
# Shift of the centre per longer side of the figures' box: 0.03 and 0.14 on the same.
MAX_SHIFT = dict(weight=0.16, motion=0.3)


class FigureBoxes(NamedTuple):
    """Boxes of the figures in frames."""

    boxes: np.ndarray  # (M, 4), see the convention
    source: str  # 'weight' or 'motion'
    left_out: int  # frames (or clips, of 'motion') in which nothing could be seen


def joint_boxes(prior, draws: int, first: int = 0) -> np.ndarray:
    """Boxes (N, 4) of the joints that are there, of poses as training draws them, jitter and all.

    Args:
        prior: a ``PosePriorDataset`` with a seed.
        draws, first: N, and the first draw's number, which ramps of the jitter depend on.
    """
    boxes = []
    for draw in range(first, first + draws):
        item = prior[draw]
        joints = unit_to_frame(item['keypoints'][item['visible']].numpy().astype(np.float64))
        boxes.append(_box(joints.min(axis=0), joints.max(axis=0)))
    return np.array(boxes)


def weight_box(weight: np.ndarray) -> np.ndarray | None:
    """Box (4,) of what the weight (S, S) in [0, 1] calls figure, specks left out; None when less
    than half a percent of the frame is figure."""
    figure = (weight >= MIN_WEIGHT).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(figure, connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA]
    if count < 2 or areas.sum() < MIN_AREA * figure.size:
        return None
    kept = np.isin(labels, 1 + np.flatnonzero(areas >= MIN_SPECK * areas.max()))
    low, high = zip(*(_extent(kept.sum(axis=axis)) for axis in (0, 1)))
    return _box(np.array(low), np.array(high))


def motion_weight(frames: np.ndarray) -> np.ndarray:
    """What moves within a clip, as a weight for ``weight_box``: the standard deviation of each
    pixel over time, blurred; 1 beyond a quarter of the way from the clip's least moving tenth (its
    noise) to its most moving twentieth; all 0 when that is less than two grey levels.

    Args:
        frames: (T, S, S, 3) uint8.

    Returns:
        (S, S) float32, 0 or 1.
    """
    energy = frames.astype(np.float32).std(axis=0).max(axis=-1)
    energy = cv2.GaussianBlur(energy, (0, 0), frames.shape[1] / 64)
    noise, moving = np.quantile(energy, (0.1, 0.95))
    if moving - noise < 2:
        return np.zeros_like(energy)
    return (energy > noise + 0.25 * (moving - noise)).astype(np.float32)


def motion_box(clips, clip: int) -> np.ndarray | None:
    """Box of what moves within a clip of a clip source, (4,); None when nothing does.

    Frames after the first unreadable one are not looked at.
    """
    frames = []
    try:
        for t in evenly_spaced(clips.num_frames(clip), MOTION_FRAMES):
            frames.append(clips.frame(clip, t))
    except UnreadableFrameError:
        # The pair data set names and limits these; a clip of which most is there can be judged.
        if len(frames) < MOTION_FRAMES / 2:
            return None
    return weight_box(motion_weight(np.stack(frames)))


def has_weight(pairs) -> bool:
    """Whether a ``FramePairDataset`` tells the figure from its background."""
    return pairs.background is not None or pairs.masks is not None


def figure_boxes(pairs, draws: int, first: int = 0) -> FigureBoxes:
    """Boxes of the figures in the frames that training draws.

    Args:
        pairs: a ``FramePairDataset`` with a seed.
        draws, first: frames looked at, and the first draw's number ('weight'); at most so many
            clips, and at most 60 ('motion').

    Raises:
        ValueError: nothing could be seen in any of them.
    """
    if has_weight(pairs):
        source, nothing = 'weight', ('frames: the foreground weight is empty, see `background` in '
                                     'the config')
        found = [weight_box(pairs[draw]['weight'][0].numpy())
                 for draw in range(first, first + draws)]
    else:
        source, nothing = 'motion', 'clips: nothing moves in them'
        found = [motion_box(pairs.clips, clip)
                 for clip in evenly_spaced(len(pairs.clips), min(draws, MOTION_CLIPS))]
    boxes = [box for box in found if box is not None]
    if not boxes:
        raise ValueError(f'no figure is seen in any of {len(found)} {nothing}')
    return FigureBoxes(np.array(boxes), source, len(found) - len(boxes))


def framing_problems(prior: np.ndarray, figures: FigureBoxes) -> list[str]:
    """How the prior's framing, (N, 4) boxes of joints, differs from the figures', in words; empty
    when it does not.

    Compares medians: where the centres lie, and how long the longer sides are. 'motion' boxes are
    believed only when they differ by far, and never that the prior is too large: that is what a
    face of which only the mouth moves looks like.
    """
    joints, seen = (np.median(with_longer_side(boxes), axis=0) for boxes in (prior, figures.boxes))
    problems = []
    for axis, (less, more) in enumerate((('left of', 'right of'), ('above', 'below'))):
        shift = joints[axis] - seen[axis]
        if abs(shift) > MAX_SHIFT[figures.source] * seen[4]:
            problems.append(f"the prior's poses lie {abs(shift):.2f} of the frame "
                            f'{less if shift < 0 else more} the figures')
    low, high = SIDE_RATIOS[figures.source]
    ratio = joints[4] / seen[4]
    times = f"{ratio:.2f} times the figures' boxes"
    if ratio < low:
        problems.append(f"the prior's poses are too small: {times} (at least {low:g} is usual), "
                        'or the figures are framed too tightly')
    if ratio > high:
        problems.append(f"the prior's poses are too large: {times} (at most {high:g} is usual), "
                        'or the figures are framed too loosely, or not wholly seen')
    return problems


def with_longer_side(boxes: np.ndarray) -> np.ndarray:
    """(N, 4) -> (N, 5): ``BOX_FIELDS``."""
    return np.column_stack([boxes, boxes[:, 2:].max(axis=1)])


def statistics_table(prior: np.ndarray, figures: FigureBoxes) -> str:
    """Median and the middle four fifths of each field, as fractions of the frame."""
    def row(name: str, boxes: np.ndarray) -> str:
        low, middle, high = np.quantile(with_longer_side(boxes), (0.1, 0.5, 0.9), axis=0)
        return f'{name:<22}' + '  '.join(f'{m:5.2f} ({a:.2f} .. {b:.2f})'
                                         for a, m, b in zip(low, middle, high))

    head = f"{'median (10 .. 90 %)':<22}" + '  '.join(f' {name:<19}' for name in BOX_FIELDS)
    return '\n'.join([head.rstrip(), row(f"prior's joints, {len(prior)}", prior),
                      row(f'figures, {len(figures.boxes)}', figures.boxes)])


def _extent(mass: np.ndarray) -> tuple[float, float]:
    """Where TAIL of the mass lies before, and behind, as fractions of the length."""
    total = np.cumsum(mass) / mass.sum()
    low = int(np.searchsorted(total, TAIL, side='right'))
    high = int(np.searchsorted(total, 1 - TAIL, side='left'))
    return low / len(mass), (high + 1) / len(mass)


def _box(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    return np.concatenate([(low + high) / 2, high - low])
