"""What differs from the empty scene, under a camera that stands still."""
from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from ikp_mm.clips.background import match_light, median_background
from ikp_mm.io.frame_sources import EvenSample, FrameSource
from ikp_mm.io.pictures import read_image

from .base import CropError, Cropper

PARTS = ('near', 'largest', 'all')
# A difference counts when it exceeds the frame's usual one by so many of its standard deviations
# (from the median absolute deviation, which the figure hardly moves) and, in grey levels, this.
NOISE_DEVIATIONS, MIN_DIFFERENCE = 6.0, 24.0
# Pieces smaller than this part of the largest are specks. A near one is no farther from the figure
# than this part of the figure's longer side.
MIN_PIECE, NEAR = 0.1, 0.25
# Where the figure's box lies in more than this part of the frames, the median may show the figure;
# looked for at the middles of so many cells a side.
MOSTLY, CELLS = 0.5, 64
# The sample of a median takes no more than this, but a median wants a few frames.
MAX_BYTES, MIN_SAMPLE = 256 * 2**20, 9


class MotionCropper(Cropper):
    """The box of what differs from the empty scene.

    Frames are shrunk, brought to the scene's light (one gain a channel), and compared; the
    difference is thresholded and cleaned by an opening, which takes away specks and thin things
    (a tail), and a closing. The figure must cover less than half of the frame.

    Args:
        background: 'own': the median over this video; 'shared': over all videos given, of one
            camera, for figures that stand still in each; else an image file of the empty scene.
        quantile: of the pixels over time, instead of the median; figures darker than the scene
            that cover a spot in more than half of the frames want a higher one, brighter a lower.
        threshold: grey levels of difference; None: by the noise of each frame, at least 24.
        parts: the box of which pieces of what differs: the largest with those 'near' it (a dark
            shirt may not differ from a dark wall, and head and legs come apart), the 'largest'
            alone, or 'all' but specks.
        min_area: least area of the figure as a fraction of the frame.
        opening: width of what the opening takes away as a fraction of the frame's longer side.
        same_light: False follows a changing light, see above.
        working_side: longer side to which frames are shrunk before they are compared.
        sample: how many frames the median looks at, at most.
    """

    margin = 1.2
    passes = 2

    def __init__(self, background: str = 'own', quantile: float = 0.5,
                 threshold: float | None = None, parts: str = 'near', min_area: float = 0.002,
                 opening: float = 0.015, same_light: bool = False, working_side: int = 320,
                 sample: int = 60) -> None:
        super().__init__()
        if parts not in PARTS:
            raise ValueError(f'parts must be one of {PARTS}, got {parts!r}')
        if (not 0 <= quantile <= 1 or not 0 <= min_area < 1 or not 0 <= opening < 0.5
                or working_side < 16 or sample < 1 or (threshold is not None and threshold <= 0)):
            raise ValueError(
                'the motion crop needs quantile and min_area in [0, 1], opening in [0, 0.5), '
                'working_side >= 16, sample >= 1 and threshold > 0, got '
                f'{quantile}, {min_area}, {opening}, {working_side}, {sample}, {threshold}')
        self.source, self.quantile, self.threshold = background, float(quantile), threshold
        self.parts, self.min_area, self.opening = parts, float(min_area), float(opening)
        self.same_light, self.sample = bool(same_light), int(sample)
        self.working_side = int(working_side)
        self._scene = None if background in ('own', 'shared') else read_image(background)

    def look_at_all(self, videos: Sequence[FrameSource]) -> np.ndarray | None:
        """The shared background, if that was asked for: one more pass through all videos.

        Raises:
            CropError: frames of different sizes.
        """
        if self.source == 'shared':
            self._scene = self._median(itertools.chain.from_iterable(
                self._of_one_size(video) for video in videos), 'the videos')
        return self._scene

    def use(self, seen: np.ndarray | None) -> None:
        self._scene = seen

    def boxes(self, video: FrameSource) -> np.ndarray:
        """See ``Cropper``.

        Raises:
            CropError: frames of different sizes, or of another than the background's.
            ValueError: a shared background, and ``look_at_all`` was not called.
        """
        if self.source == 'shared' and self._scene is None:
            raise ValueError("background='shared' is made by look_at_all(videos), call it first")
        self.why_no_background = None
        self.background = (self._median(self._of_one_size(video), str(video.path))
                           if self.source == 'own' else self._scene)
        scene = self._shrink(self.background)
        found = []
        for frame in self._of_one_size(video):
            if frame.shape != self.background.shape:
                raise CropError(f'{video.path} is {_size(frame)}, the background {self.source} is '
                                f'{_size(self.background)}')
            box = self._one(self._shrink(frame), scene)
            ratio = frame.shape[1] / scene.shape[1], frame.shape[0] / scene.shape[0]
            found.append(box * (ratio * 2))
        boxes = np.array(found, np.float64).reshape(-1, 4)
        height, width = self.background.shape[:2]
        if self.source == 'own' and self.quantile == 0.5 and stays(boxes, width, height):
            self.background = None
            self.why_no_background = 'the figure is in one place most of the time'
        return boxes

    def _one(self, frame: np.ndarray, scene: np.ndarray) -> np.ndarray:
        """(4,) in pixels of the shrunk frame, NaN where nothing differs."""
        if not self.same_light:
            frame = match_light(frame, scene)
        difference = cv2.GaussianBlur(cv2.absdiff(frame, scene).max(axis=2), (0, 0), 1.0)
        moved = (difference > self._limit(difference)).astype(np.uint8)
        width = round(self.opening * max(moved.shape))
        if width > 1:
            element = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
            moved = cv2.morphologyEx(moved, cv2.MORPH_OPEN, element)
            moved = cv2.morphologyEx(moved, cv2.MORPH_CLOSE, element)
        _, _, pieces, _ = cv2.connectedComponentsWithStats(moved, connectivity=8)
        areas = pieces[1:, cv2.CC_STAT_AREA]
        if not len(areas) or areas.max() < self.min_area * moved.size:
            return np.full(4, np.nan)
        boxes = np.concatenate([pieces[1:, :2], pieces[1:, :2] + pieces[1:, 2:4]], axis=1)
        return self._figure(boxes.astype(np.float64), areas)

    def _figure(self, boxes: np.ndarray, areas: np.ndarray) -> np.ndarray:
        """The box of the pieces (N, 4), of ``areas`` (N,), that are the figure."""
        figure, left = boxes[areas.argmax()], boxes[areas >= MIN_PIECE * areas.max()]
        if self.parts == 'all':
            return _around(left)
        while self.parts == 'near' and len(left):
            gap = np.maximum(left[:, :2] - figure[2:], figure[:2] - left[:, 2:]).max(axis=1)
            near = gap <= NEAR * (figure[2:] - figure[:2]).max()
            if not near.any():
                break
            figure, left = _around(np.concatenate([figure[None], left[near]])), left[~near]
        return figure

    def _limit(self, difference: np.ndarray) -> float:
        if self.threshold is not None:
            return float(self.threshold)
        usual = float(np.median(difference))
        deviation = 1.4826 * float(np.median(np.abs(difference - usual)))
        return max(MIN_DIFFERENCE, usual + NOISE_DEVIATIONS * deviation)

    def _median(self, frames: Iterator[np.ndarray], what: str) -> np.ndarray:
        sample = None
        for frame in frames:
            if sample is None:
                sample = EvenSample(min(self.sample, max(MIN_SAMPLE, MAX_BYTES // frame.nbytes)))
            sample.add(frame)
        sampled = [] if sample is None else sample.items
        if len({frame.shape for frame in sampled}) > 1:
            raise CropError(f'{what} have frames of different sizes: no background in common')
        if not self.same_light:
            sampled = [match_light(frame, sampled[0]) for frame in sampled]
        return median_background(sampled, self.quantile)

    def _shrink(self, frame: np.ndarray) -> np.ndarray:
        scale = min(1.0, self.working_side / max(frame.shape))
        return frame if scale == 1 else cv2.resize(frame, None, fx=scale, fy=scale,
                                                   interpolation=cv2.INTER_AREA)

    @staticmethod
    def _of_one_size(video: FrameSource) -> Iterator[np.ndarray]:
        first = None
        for t, frame in enumerate(video):
            first = frame.shape if first is None else first
            if frame.shape != first:
                raise CropError(f'{video.path}: frame {video.numbers[t]} is {_size(frame)}, the '
                                f'first is {first[1]} x {first[0]}, motion crops need one size')
            yield frame


def stays(boxes: np.ndarray, width: int, height: int) -> bool:
    """Whether any place of the frame is in more than half of the (T, 4) boxes, NaN for none."""
    inside_x, inside_y = (
        (boxes[:, [axis]] <= places) & (places < boxes[:, [axis + 2]])
        for axis, places in ((0, (np.arange(CELLS) + 0.5) / CELLS * width),
                             (1, (np.arange(CELLS) + 0.5) / CELLS * height)))
    return bool((inside_x.T.astype(np.float32) @ inside_y).max() > MOSTLY * len(boxes))


def _around(boxes: np.ndarray) -> np.ndarray:
    """(4,) around (N, 4) boxes."""
    return np.concatenate([boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)])


def _size(frame: np.ndarray) -> str:
    return f'{frame.shape[1]} x {frame.shape[0]}'
