"""One pass of a predictor over a source, in order, in batches; what is skipped is counted."""
from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ikp_mm.io.crop import outside_fraction
from ikp_mm.io.frame_sources import FrameSource

from .predictor import Predictor

NO_BOX, ZERO_SIZE, OUTSIDE = 'no figure found', 'box without area', 'box outside the frame'


@dataclass
class FramePrediction:
    """One frame of a source as it is handed on."""

    index: int  # among the frames given out
    number: int  # among the source's own frames
    image: np.ndarray  # (H, W, 3) uint8 BGR
    square: np.ndarray  # (3,), NaN where there is none
    keypoints: np.ndarray  # (K, 2) pixels, NaN when the frame was skipped
    scores: np.ndarray  # (K,), 0 when skipped
    skipped: str | None  # why


@dataclass
class PassSummary:
    """What one pass over a source gave."""

    name: str
    num_frames: int  # given out
    skipped: dict[str, int]  # reason -> number of frames
    problem: str | None  # of the source: it ends early, has unreadable images
    seconds: float  # of the whole pass, decoding and ``on_frame`` included

    @property
    def num_predicted(self) -> int:
        return self.num_frames - sum(self.skipped.values())

    def summary(self) -> str:
        """One line for people."""
        line = f'{self.name}: {self.num_predicted} of {self.num_frames} frames predicted'
        if self.skipped:
            line += '; skipped: ' + ', '.join(f'{count} {reason}'
                                              for reason, count in self.skipped.items())
        return line + (f'; PROBLEM: {self.problem}' if self.problem else '')


@dataclass
class SourcePredictions(PassSummary):
    """What was found in a source of T frames given out."""

    frames: np.ndarray  # (T,) int64, numbers among the source's own frames
    sizes: np.ndarray  # (T, 2) int64, width and height of each frame
    squares: np.ndarray  # (T, 3), NaN where none
    keypoints: np.ndarray  # (T, K, 2) pixels, NaN where skipped
    scores: np.ndarray  # (T, K), 0 where skipped


def predict_frames(predictor: Predictor, source: FrameSource,
                   squares: np.ndarray | Callable[[np.ndarray], np.ndarray],
                   on_frame: Callable[[FramePrediction], None], batch_size: int = 16
                   ) -> PassSummary:
    """Predict every frame of a source, in one pass. No more than a batch of frames is in memory,
    and nothing of those before.

    Args:
        squares: (T, 3) of ``tracking.track_figure``, or a function of a frame
            (``tracking.square_of_frame``).
        on_frame: called with each frame in order, skipped ones included.
        batch_size: frames predicted together.

    Raises:
        ValueError: another number of squares than frames.
        UnreadableVideoError: not one frame can be read.
    """
    if batch_size < 1:
        raise ValueError(f'batch_size must be at least 1, got {batch_size}')
    start, joints = time.perf_counter(), predictor.skeleton.num_joints
    pending: list[tuple[np.ndarray, np.ndarray]] = []
    done = 0
    skipped: dict[str, int] = {}

    def predict_pending() -> None:
        nonlocal done
        reasons = [why_skipped(square, image) for image, square in pending]
        used = [item for item, reason in zip(pending, reasons) if reason is None]
        found = predictor.predict([image for image, _ in used],
                                  np.array([square for _, square in used]).reshape(-1, 3))
        answers = iter(zip(found.keypoints, found.scores))
        for (image, square), reason in zip(pending, reasons):
            if reason is None:
                keypoints, scores = next(answers)
            else:
                skipped[reason] = skipped.get(reason, 0) + 1
                keypoints, scores = np.full((joints, 2), np.nan), np.zeros(joints, np.float32)
            on_frame(FramePrediction(done, source.numbers[done], image, square, keypoints,
                                     scores, reason))
            done += 1
        pending.clear()

    for t, image in enumerate(source):
        if not callable(squares) and t >= len(squares):
            raise ValueError(f'{source.path} has more frames than the {len(squares)} squares')
        pending.append((image, np.asarray(squares(image) if callable(squares) else squares[t])))
        # Before the next frame is asked for: a source that passes once is shown as it comes.
        if len(pending) == batch_size:
            predict_pending()
    predict_pending()
    if not callable(squares) and len(squares) != done:
        raise ValueError(f'{source.path} has {done} frames, but there are {len(squares)} squares')
    return PassSummary(source.name, done, skipped, source.problem, time.perf_counter() - start)


def predict_source(predictor: Predictor, source: FrameSource,
                   squares: np.ndarray | Callable[[np.ndarray], np.ndarray], batch_size: int = 16,
                   on_frame: Callable[[FramePrediction], None] | None = None
                   ) -> SourcePredictions:
    """As ``predict_frames``, with what was found in all frames; no picture is kept."""
    rows: list[tuple] = []

    def keep(frame: FramePrediction) -> None:
        rows.append((frame.image.shape[1::-1], frame.square, frame.keypoints, frame.scores))
        if on_frame is not None:
            on_frame(frame)

    summary = predict_frames(predictor, source, squares, keep, batch_size)
    joints = predictor.skeleton.num_joints
    sizes, boxes, keypoints, scores = zip(*rows) if rows else ((), (), (), ())
    return SourcePredictions(
        **vars(summary), frames=np.array(source.numbers, np.int64),
        sizes=np.array(sizes, np.int64).reshape(-1, 2),
        squares=np.array(boxes, np.float64).reshape(-1, 3),
        keypoints=np.array(keypoints, np.float64).reshape(-1, joints, 2),
        scores=np.array(scores, np.float32).reshape(-1, joints))


def why_skipped(square: np.ndarray, image: np.ndarray) -> str | None:
    """Why nothing can be cut out of an image at a square (3,), None when something can."""
    if np.isnan(square).any():
        return NO_BOX
    if square[2] <= 0:
        return ZERO_SIZE
    if outside_fraction(square, image.shape[1], image.shape[0]) >= 1:
        return OUTSIDE
    return None
