"""The demo: every source through a predictor, and what is written of it: drawn pictures or a
video, predictions as json, a sheet."""
from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from ikp_mm.io.atomic import atomic_folder, earlier_record
from ikp_mm.io.frame_sources import (EvenSample, FrameFolder, FrameRate, FrameSource,
                                     UnreadableVideoError, VideoFile, evenly_spaced)
from ikp_mm.io.pictures import write_image
from ikp_mm.io.progress import Progress
from ikp_mm.preparation.croppers import CropError
from ikp_mm.skeletons import Skeleton
from ikp_mm.visualization.keypoints import draw_prediction
from ikp_mm.visualization.sheet import make_sheet
from ikp_mm.visualization.video_writer import MAX_RATE, VideoWriter, write_gif

from .prediction_run import FramePrediction, PassSummary, predict_frames
from .predictor import Predictor, box_of
from .sources import SourceArguments, Webcam

MADE_BY = 'tools/demo.py'
PREDICTIONS = 'predictions.json'
SHEET_FRAMES = 8
GIF_FRAMES, GIF_SIDE = 120, 320
DRAWN_RATE = 12.5  # of sources that have none of their own
WINDOW = 'keypoints (q ends)'


@dataclass
class DemoSettings:
    """How the demo draws."""

    out: Path  # folder of all sources
    min_score: float = 0.0  # joints below are drawn hollow
    gif: bool = False  # write one too: at most 120 frames, evenly spaced, at most 320 px wide
    overwrite: bool = False  # replace what this tool wrote before
    show: bool = False  # a window beside the files


def shipped_model(root: Path) -> Path:
    """The checkpoint that comes with the project, whose repository is at ``root``;
    FileNotFoundError for none, or several."""
    found = sorted((root / 'projects' / 'model_zoo').glob('*.pth'))
    if len(found) != 1:
        raise FileNotFoundError(f'{root}/projects/model_zoo holds {len(found)} checkpoints '
                                f'{[path.name for path in found]}: name the one to use')
    return found[0]


def run_demo(predictor: Predictor, model: str, sources: SourceArguments, settings: DemoSettings,
             say: Callable[[str], None] = print) -> dict[str, str]:
    """Predict all sources and write their files, in ``<out>/<name>/``; returns those that could
    not be read or cropped, name -> why. The json calls the predictor ``model``.

    Raises:
        FileExistsError: before anything is done: a folder to be written is there (with
            ``overwrite``: and not this tool's).
    """
    failed: dict[str, str] = {}
    opened = sources.open()
    for source in opened:
        earlier_record(settings.out / source.name, PREDICTIONS, MADE_BY, settings.overwrite)
    for source in opened:
        try:
            _run_source(predictor, model, source, sources, settings, say)
        except (UnreadableVideoError, CropError) as error:
            failed[source.name] = str(error)
            say(f'FAILED: {error}')
    if settings.show:
        cv2.destroyAllWindows()
    return failed


def _run_source(predictor: Predictor, model: str, source: FrameSource, sources: SourceArguments,
                settings: DemoSettings, say: Callable[[str], None]) -> None:
    squares, folder = sources.locate_figure(source), settings.out / source.name
    progress = Progress(source.expected_frames(), f'frames of {source.name}',
                        lambda line: print(line, file=sys.stderr, flush=True))

    def on_frame(frame: FramePrediction) -> None:
        drawn = output.add(frame)
        progress.at(frame.index + 1)
        if settings.show:
            cv2.imshow(WINDOW, drawn)
            if cv2.waitKey(1) & 0xff == ord('q') and isinstance(source, Webcam):
                source.stop()

    seconds, count = predictor.model_seconds, predictor.num_predicted
    # A webcam is shown as it comes.
    batch_size = 1 if isinstance(source, Webcam) else sources.batch_size
    with atomic_folder(folder, PREDICTIONS, 'folder of the demo', settings.overwrite) as partial:
        with closing(DemoOutput(partial, source, predictor, model, settings)) as output:
            if output.rate.note:
                say(f'{source.name}: {output.rate.note}')
            summary = predict_frames(predictor, source, squares, on_frame, batch_size)
            output.finish(summary)
    seconds, count = predictor.model_seconds - seconds, predictor.num_predicted - count
    speed = f'{summary.num_frames / summary.seconds:.0f} frames/s'
    if count:
        speed += f' with reading and drawing, the network alone {count / seconds:.0f}'
    say(f'{summary.summary()}\n    {speed}; {folder}')


class DemoOutput:
    """Files of one source, in ``folder``: ``drawn.mp4`` (videos, webcams, synthetic people) or one
    drawn picture an image, ``predictions.json``, ``sheet.jpg`` and, if asked for, ``drawn.gif``.

    Attributes:
        rate (FrameRate): of the drawn video; of a webcam after ``finish``.
    """

    def __init__(self, folder: Path, source: FrameSource, predictor: Predictor, model: str,
                 settings: DemoSettings) -> None:
        self.folder, self.source, self.skeleton = folder, source, predictor.skeleton
        self.min_score = settings.min_score
        self.rate = (source.frame_rate() if isinstance(source, VideoFile)
                     else FrameRate(DRAWN_RATE))
        self._predictions = PredictionFile(folder / PREDICTIONS, source, predictor, model)
        self._writer: VideoWriter | None = None
        self._thumbnails = EvenSample(2 * SHEET_FRAMES)
        self._gif = EvenSample(GIF_FRAMES) if settings.gif else None

    def add(self, frame: FramePrediction) -> np.ndarray:
        """Draw and write a frame; returns the drawing, (H', W', 3) uint8 BGR."""
        self._predictions.add(frame)
        drawn = draw_prediction(frame.image, frame.square, frame.keypoints, frame.scores,
                                self.skeleton, self.min_score)
        if isinstance(self.source, FrameFolder):
            path = self.folder / f'{Path(self.source.files[frame.number]).stem}.jpg'
            if path.exists():  # a.png beside a.jpg
                path = self.folder / f'{self.source.files[frame.number]}.jpg'
            write_image(path, drawn, cv2.IMWRITE_JPEG_QUALITY, 92)
        else:
            camera = isinstance(self.source, Webcam)
            if self._writer is None:
                self._writer = VideoWriter(self.folder / 'drawn.mp4',
                                           None if camera else min(self.rate.rate, MAX_RATE))
            self._writer.write(drawn, self.source.times[frame.index] if camera else None)
        scale = GIF_SIDE / max(drawn.shape[:2])
        small = drawn if scale >= 1 else cv2.resize(drawn, None, fx=scale, fy=scale,
                                                    interpolation=cv2.INTER_AREA)
        self._thumbnails.add((frame.number, small))
        if self._gif is not None:
            self._gif.add(small)
        return drawn

    def finish(self, summary: PassSummary) -> None:
        """Write what follows the frames."""
        if isinstance(self.source, Webcam) and self.source.rate is not None:
            self.rate = FrameRate(self.source.rate)
        self._predictions.finish(summary, self.rate)
        sample = self._thumbnails.items
        chosen = {str(sample[row][0]): sample[row][1]
                  for row in evenly_spaced(len(sample), SHEET_FRAMES)}
        write_image(self.folder / 'sheet.jpg', make_sheet(
            [chosen], list(chosen), cell=200, title=f'{self.source.name}: frame',
            skeleton=self.skeleton))
        if self._gif is not None:
            height, width = self._gif.items[0].shape[:2]
            write_gif(self.folder / 'drawn.gif',
                      [image if image.shape[:2] == (height, width)
                       else cv2.resize(image, (width, height)) for image in self._gif.items],
                      max(1.0, self.rate.rate / self._gif.stride))

    def close(self) -> None:
        """End the json and the drawn video."""
        self._predictions.close()
        if self._writer is not None:
            self._writer.close()


class PredictionFile:
    """``predictions.json``, written frame by frame.

    Per frame: ``frame`` (its number in the source), ``file`` (of folders), ``box``
    [x0, y0, x1, y1] and ``keypoints`` name -> [x, y, score] in pixels; both None where the frame
    was skipped.
    """

    def __init__(self, path: Path, source: FrameSource, predictor: Predictor, model: str) -> None:
        self.source, self.joints = source, predictor.skeleton.joints
        skeleton = predictor.skeleton
        head = dict(
            made_by=MADE_BY, model=model, source=str(source.path), name=source.name,
            skeleton=dict(name=skeleton.name, joints=list(skeleton.joints),
                          edges=[[skeleton.joints[i], skeleton.joints[j]]
                                 for i, j in skeleton.edges]),
            scores='of the model' if predictor.has_scores else 'constant: they say nothing')
        self._file = path.open('w', encoding='utf-8')
        # The object stays open: frames follow, then what is known at the end.
        self._file.write(json.dumps(head)[:-1] + ', "frames": [')
        self._separator = '\n'

    def add(self, frame: FramePrediction) -> None:
        entry: dict = dict(frame=int(frame.number))
        if isinstance(self.source, FrameFolder):
            entry['file'] = self.source.files[frame.number]
        entry.update(box=None, keypoints=None)
        if not np.isnan(frame.keypoints).any():
            entry['box'] = [round(value, 2) for value in box_of(frame.square).tolist()]
            entry['keypoints'] = {
                joint: [round(float(x), 3), round(float(y), 3), round(float(score), 4)]
                for joint, (x, y), score in zip(self.joints, frame.keypoints, frame.scores)}
        self._file.write(self._separator + json.dumps(entry))
        self._separator = ',\n'

    def finish(self, summary: PassSummary, rate: FrameRate) -> None:
        """Write what follows the frames."""
        timed = isinstance(self.source, (VideoFile, Webcam))
        tail = dict(frame_rate=rate.rate if timed else None, frame_rate_note=rate.note,
                    frames_read=summary.num_frames, frames_predicted=summary.num_predicted,
                    skipped=summary.skipped, problem=summary.problem)
        self._file.write('], ' + json.dumps(tail)[1:])

    def close(self) -> None:
        self._file.close()
