"""The demo: every source through a predictor, with progress and speed."""
from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2

from ikp_mm.preparation.croppers import CropError
from ikp_mm.io.frame_sources import FrameSource, UnreadableVideoError
from ikp_mm.io.progress import Progress

from .arguments import SourceArguments
from .demo_output import DemoOutput, check_free
from .prediction_run import FramePrediction, predict_source
from .predictor import Predictor
from .sources import Webcam

WINDOW = 'keypoints (q ends)'


@dataclass
class DemoSettings:
    """How the demo draws.

    Attributes:
        out: folder of all sources.
        min_score: joints below are drawn hollow.
        gif, overwrite: see ``DemoOutput``.
        show: a window beside the files.
    """

    out: Path
    min_score: float = 0.0
    gif: bool = False
    overwrite: bool = False
    show: bool = False


def shipped_model(root: Path) -> Path:
    """The checkpoint that comes with the project.

    Args:
        root: the repository.

    Raises:
        FileNotFoundError: none, or several.
    """
    found = sorted((root / 'projects' / 'model_zoo').glob('*.pth'))
    if len(found) != 1:
        raise FileNotFoundError(f'{root}/projects/model_zoo holds {len(found)} checkpoints '
                                f'{[path.name for path in found]}: name the one to use')
    return found[0]


def run_demo(predictor: Predictor, model: str, sources: SourceArguments, settings: DemoSettings,
             say: Callable[[str], None] = print) -> dict[str, str]:
    """Predict all sources and write their files.

    Args:
        predictor: see ``load_predictor``.
        model: what the json says of it.
        sources, settings: see there.
        say: where lines for people go.

    Returns:
        dict: sources that could not be read or cropped, name -> why.

    Raises:
        FileExistsError: before anything is done: a folder to be written is there.
    """
    failed: dict[str, str] = {}
    opened = sources.sources()
    for source in opened:
        check_free(settings.out / source.name, settings.overwrite)
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
    squares = sources.squares(source)
    output = DemoOutput(settings.out, source, predictor.skeleton, settings.min_score, settings.gif,
                        settings.overwrite)
    if output.rate.note:
        say(f'{source.name}: {output.rate.note}')
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
    try:
        predictions = predict_source(predictor, source, squares, batch_size, on_frame)
    except BaseException:
        output.abandon()
        raise
    folder = output.finish(predictions, model, predictor.has_scores)
    seconds, count = predictor.model_seconds - seconds, predictor.num_predicted - count
    speed = f'{len(predictions.frames) / predictions.seconds:.0f} frames/s'
    if count:
        speed += f' with reading and drawing, the network alone {count / seconds:.0f}'
    say(f'{predictions.summary()}\n    {speed}; {folder}')
