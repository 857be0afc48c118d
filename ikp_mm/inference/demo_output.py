"""What the demo writes of a source: drawn pictures or a video, predictions as json, a sheet."""
from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np

from ikp_mm.io.atomic import PartialFolder
from ikp_mm.io.frame_sources import FrameFolder, FrameSource, VideoFile
from ikp_mm.skeletons import Skeleton
from ikp_mm.visualization.prediction import draw_prediction
from ikp_mm.visualization.sheet import make_sheet
from ikp_mm.visualization.video_writer import MAX_RATE, VideoWriter, write_gif

from .frame_rate import FrameRate, frame_rate_of
from .prediction_run import FramePrediction, SourcePredictions
from .sources import Webcam

MADE_BY = 'tools/demo.py'
PREDICTIONS = 'predictions.json'
SHEET_FRAMES = 8
GIF_FRAMES, GIF_SIDE = 120, 320
DRAWN_RATE = 12.5  # of sources that have none of their own


class EvenSample:
    """About ``count`` to twice as many items, evenly spaced, of a stream of unknown length."""

    def __init__(self, count: int) -> None:
        self._most, self._stride, self._seen = 2 * count, 1, 0
        self.items: list = []

    def add(self, item: object) -> None:
        if self._seen % self._stride == 0:
            self.items.append(item)
            if len(self.items) > self._most:
                self.items = self.items[::2]
                self._stride *= 2
        self._seen += 1

    @property
    def stride(self) -> int:
        """Every how many-th item was kept."""
        return self._stride


class DemoOutput:
    """Files of one source, in ``<out>/<name>/``: ``drawn.mp4`` (videos, webcams, synthetic people)
    or one drawn picture an image, ``predictions.json``, ``sheet.jpg`` and, if asked for,
    ``drawn.gif``.

    They are written into a hidden folder, which is renamed when all is there.

    Args:
        out: folder of all sources.
        source: whose frames come.
        skeleton: of the predictions.
        min_score: joints below are drawn hollow.
        gif: write one too: at most 120 frames, evenly spaced, at most 320 px wide.
        overwrite: replace what this tool wrote before.

    Attributes:
        rate (FrameRate): of the drawn video; of a webcam after ``finish``.

    Raises:
        FileExistsError: ``<out>/<name>`` is there (with ``overwrite``: and not this tool's).
    """

    def __init__(self, out: Path, source: FrameSource, skeleton: Skeleton, min_score: float = 0.0,
                 gif: bool = False, overwrite: bool = False) -> None:
        self.folder, self.source, self.skeleton = out / source.name, source, skeleton
        self.min_score = min_score
        check_free(self.folder, overwrite)
        self.rate = rate_of_source(source)  # what cannot be opened leaves nothing behind
        self._whole = PartialFolder(self.folder, PREDICTIONS, 'folder of the demo', overwrite)
        self._partial = self._whole.path
        self._writer: VideoWriter | None = None
        self._thumbnails = EvenSample(SHEET_FRAMES)
        self._gif = EvenSample(GIF_FRAMES // 2) if gif else None

    def add(self, frame: FramePrediction) -> np.ndarray:
        """Draw and write a frame; returns the drawing, (H', W', 3) uint8 BGR."""
        drawn = draw_prediction(frame.image, frame.square, frame.keypoints, frame.scores,
                                self.skeleton, self.min_score)
        if isinstance(self.source, FrameFolder):
            path = self._partial / f'{Path(self.source.files[frame.number]).stem}.jpg'
            if path.exists():  # a.png beside a.jpg
                path = self._partial / f'{self.source.files[frame.number]}.jpg'
            if not cv2.imwrite(str(path), drawn, [cv2.IMWRITE_JPEG_QUALITY, 92]):
                raise OSError(f'{path} cannot be written')
        else:
            camera = isinstance(self.source, Webcam)
            if self._writer is None:
                self._writer = VideoWriter(self._partial / 'drawn.mp4',
                                           None if camera else min(self.rate.rate, MAX_RATE))
            self._writer.write(drawn, self.source.times[frame.index] if camera else None)
        self._thumbnails.add((frame.number, _at_most(drawn, GIF_SIDE)))
        if self._gif is not None:
            self._gif.add(_at_most(drawn, GIF_SIDE))
        return drawn

    def finish(self, predictions: SourcePredictions, model: str, has_scores: bool) -> Path:
        """Write the rest; returns the folder."""
        if self._writer is not None:
            self._writer.close()
        if isinstance(self.source, Webcam) and self.source.rate is not None:
            self.rate = FrameRate(self.source.rate)
        record = prediction_record(predictions, self.source, self.skeleton, model, has_scores,
                                   self.rate)
        (self._partial / PREDICTIONS).write_text(json.dumps(record), encoding='utf-8')
        chosen = self._thumbnails.items
        chosen = [chosen[k] for k in np.unique(
            np.linspace(0, len(chosen) - 1, SHEET_FRAMES).round().astype(int))]
        sheet = make_sheet([{str(number): image for number, image in chosen}],
                           [str(number) for number, _ in chosen], cell=200,
                           title=f'{self.source.name}: frame', skeleton=self.skeleton)
        if not cv2.imwrite(str(self._partial / 'sheet.jpg'), sheet):
            raise OSError(f'{self._partial}/sheet.jpg cannot be written')
        if self._gif is not None:
            write_gif(self._partial / 'drawn.gif', _of_one_size(self._gif.items),
                      max(1.0, self.rate.rate / self._gif.stride))
        self._whole.finish()
        return self.folder

    def abandon(self) -> None:
        """Remove what was written of a source that could not be finished."""
        if self._writer is not None:
            self._writer.close()
        self._whole.abandon()


def check_free(folder: Path, overwrite: bool) -> None:
    """Refuse to write where something is.

    Raises:
        FileExistsError: see ``DemoOutput``.
    """
    if not folder.exists():
        return
    path = folder / PREDICTIONS
    ours = path.is_file() and json.loads(path.read_text('utf-8')).get('made_by') == MADE_BY
    if not ours:
        raise FileExistsError(f'{folder} is in the way, and not made by {MADE_BY}: choose another '
                              '--out')
    if not overwrite:
        raise FileExistsError(f'{folder} is there already: choose another --out, or --overwrite')


def rate_of_source(source: FrameSource) -> FrameRate:
    """Frame rate of what is given out (the step counted in)."""
    if not isinstance(source, VideoFile):
        return FrameRate(DRAWN_RATE)
    found = frame_rate_of(source.path)
    return FrameRate(found.rate / source.step, found.note)


def prediction_record(predictions: SourcePredictions, source: FrameSource, skeleton: Skeleton,
                      model: str, has_scores: bool, rate: FrameRate) -> dict:
    """What ``predictions.json`` holds.

    Per frame: ``frame`` (its number in the source), ``file`` (of folders), ``box`` [x0, y0, x1, y1]
    and ``keypoints`` name -> [x, y, score] in pixels; both None where the frame was skipped.
    """
    frames = []
    for row, number in enumerate(predictions.frames.tolist()):
        entry: dict = dict(frame=number)
        if isinstance(source, FrameFolder):
            entry['file'] = source.files[number]
        points = predictions.keypoints[row]
        there = not np.isnan(points).any()
        x, y, side = predictions.squares[row]
        entry['box'] = [round(float(v), 2) for v in (
            x - side / 2, y - side / 2, x + side / 2, y + side / 2)] if there else None
        entry['keypoints'] = {
            joint: [round(float(points[k, 0]), 3), round(float(points[k, 1]), 3),
                    round(float(predictions.scores[row, k]), 4)]
            for k, joint in enumerate(skeleton.joints)} if there else None
        frames.append(entry)
    return dict(
        made_by=MADE_BY, model=model, source=str(source.path), name=source.name,
        skeleton=dict(name=skeleton.name, joints=list(skeleton.joints),
                      edges=[[skeleton.joints[i], skeleton.joints[j]] for i, j in skeleton.edges]),
        scores='of the model' if has_scores else 'constant: they say nothing',
        frame_rate=rate.rate if isinstance(source, (VideoFile, Webcam)) else None,
        frame_rate_note=rate.note, frames_read=len(predictions.frames),
        frames_predicted=predictions.num_predicted, skipped=predictions.skipped,
        problem=predictions.problem, frames=frames)


def _at_most(image: np.ndarray, side: int) -> np.ndarray:
    scale = side / max(image.shape[:2])
    return image if scale >= 1 else cv2.resize(image, None, fx=scale, fy=scale,
                                               interpolation=cv2.INTER_AREA)


def _of_one_size(images: list[np.ndarray]) -> list[np.ndarray]:
    height, width = images[0].shape[:2]
    return [image if image.shape[:2] == (height, width) else cv2.resize(image, (width, height))
            for image in images]
