"""Pseudo-labels: what a model finds in videos or images, written as labels to train on."""
from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from ikp_mm.io.atomic import earlier_record
from ikp_mm.io.formats.deeplabcut import require_pandas
from ikp_mm.io.frame_sources import FrameFolder, FrameSource, UnreadableVideoError
from ikp_mm.io.pictures import write_image
from ikp_mm.io.progress import Progress
from ikp_mm.preparation.croppers import CropError
from ikp_mm.preparation.cuts import CutFinder
from ikp_mm.version import __version__

from .coco_labels import CocoSettings, ImageLabels, coco_labels
from .deeplabcut_labels import DeepLabCutProject, write_predictions
from .prediction_run import FramePrediction, SourcePredictions, predict_source
from .predictor import Keypoints, Predictor
from .sources import SourceArguments
from .temporal_filter import TemporalFilter, filter_track

MADE_BY = 'tools/pseudo_label.py'
REPORT, COCO_FILE, DLC_FOLDER = 'report.json', 'keypoints.json', 'deeplabcut'
FORMATS = ('coco', 'dlc')


@dataclass
class PseudoLabelSettings:
    """What is written, and where to."""

    out: Path
    coco: CocoSettings = field(default_factory=CocoSettings)  # which labels the json keeps
    formats: Sequence[str] = FORMATS  # 'dlc': DeepLabCut's prediction files
    frames_out: Path | None = None  # for the frames as images; None: a folder's own images
    project: DeepLabCutProject | None = None  # gets labelled frames
    temporal: TemporalFilter | None = None  # filters what is found
    overwrite: bool = False  # replace what this tool wrote into ``out`` before


def write_pseudo_labels(predictor: Predictor, model: Path, arguments: SourceArguments,
                        settings: PseudoLabelSettings, command: str,
                        say: Callable[[str], None] = print) -> dict:
    """Label all sources and write ``out``.

    Args:
        predictor, model: see ``load_predictor``, and its file, for name and hash.
        arguments, settings: what is read and what is written.
        command: what the user typed, for the record.
        say: where lines for people go.

    Returns:
        dict: ``report.json``: ``sources`` (what was found and skipped in each), ``coco`` (counts),
        ``failed`` (source -> why it could not be read or cropped), ``files``.

    Raises:
        FileExistsError, ValueError, ImportError: before anything is done: something would be
            overwritten; settings that contradict each other or the sources; a package is missing.
    """
    sources = arguments.open()
    _check(predictor, sources, settings)
    _make_room(sources, settings)
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    writer = _Writer(predictor, arguments, sources, settings, f'ikpmm_{model.stem}_{digest[:8]}',
                     say)
    for source in sources:
        try:
            writer.add(source)
        except (UnreadableVideoError, CropError) as error:
            writer.failed[source.name] = str(error)
            say(f'FAILED: {error}')
    return writer.finish(dict(
        description=f'pseudo-labels by {MADE_BY}: what a model found, not labels by people',
        ikp_mm=__version__, model=str(model), model_sha256=digest, command=command,
        has_scores=predictor.has_scores, image_root=str(writer.image_root or ''),
        temporal_filter=asdict(settings.temporal) if settings.temporal else None,
        **asdict(settings.coco)))


def _check(predictor: Predictor, sources: Sequence[FrameSource], settings: PseudoLabelSettings
           ) -> None:
    unknown = [name for name in settings.formats if name not in FORMATS]
    if unknown or not settings.formats:
        raise ValueError(f'formats must be some of {FORMATS}, got {list(settings.formats)}')
    if settings.coco.min_score > 0 and not predictor.has_scores:
        raise ValueError('the scores of this model are constant and say nothing: leave out '
                         '--min-score')
    films = [source.name for source in sources if not isinstance(source, FrameFolder)]
    if 'coco' in settings.formats and films and settings.frames_out is None:
        raise ValueError(f"'{films[0]}' is a video, and CocoDataset reads image files: give "
                         '--frames-out DIR, which writes the frames, or --formats dlc')
    if 'dlc' in settings.formats or settings.project is not None:
        require_pandas()
    if settings.project is not None:
        settings.project.check([source.name for source in sources])


def _make_room(sources: Sequence[FrameSource], settings: PseudoLabelSettings) -> None:
    """Make ``out``, without what an earlier call wrote there."""
    out, earlier = settings.out, None
    if out.exists() and any(out.iterdir()):
        earlier = earlier_record(out, REPORT, MADE_BY, settings.overwrite)
    if settings.frames_out is not None:
        ours = earlier is not None and earlier['info']['image_root'] == str(settings.frames_out)
        for source in sources:
            folder = settings.frames_out / source.name
            if folder.exists() and not ours:
                raise FileExistsError(f'{folder} is there already: choose another --frames-out '
                                      '(--overwrite replaces frames only where the labels in '
                                      f'{out} were made with them)')
    if earlier is not None:
        for name in (*earlier['files'], REPORT):
            (out / name).unlink(missing_ok=True)
    out.mkdir(parents=True, exist_ok=True)


class _Writer:
    """What has been written so far."""

    def __init__(self, predictor: Predictor, arguments: SourceArguments,
                 sources: Sequence[FrameSource], settings: PseudoLabelSettings, scorer: str,
                 say: Callable[[str], None]) -> None:
        self.predictor, self.arguments, self.settings = predictor, arguments, settings
        self.scorer, self.say = scorer, say
        self.image_root = settings.frames_out
        if self.image_root is None and 'coco' in settings.formats:
            self.image_root = Path(os.path.commonpath([source.path.absolute()
                                                       for source in sources]))
        self.failed: dict[str, str] = {}
        self._sources: list[dict] = []
        self._images: list[ImageLabels] = []
        self._files: list[Path] = []
        self._progress = Progress(sum(source.expected_frames() for source in sources), 'frames',
                                  say)
        self._frames = 0

    def add(self, source: FrameSource) -> None:
        """Label one source and write its own files."""
        finder = CutFinder()

        def on_frame(frame: FramePrediction) -> None:
            finder.add(frame.image)
            if self.settings.frames_out is not None and frame.skipped is None:
                write_image(self.image_root / self._file_name(source, frame.number), frame.image)
            self._frames += 1
            self._progress.at(self._frames)

        found = predict_source(self.predictor, source, self.arguments.locate_figure(source),
                               self.arguments.batch_size, on_frame)
        entry = dict(name=source.name, frames=len(found.frames), predicted=found.num_predicted,
                     skipped=found.skipped, problem=found.problem)
        labels = Keypoints(found.keypoints, found.scores)
        self._write_dlc(source, found.frames, labels, filtered=False)
        if self.settings.temporal is not None:
            cuts = finder.cuts()
            labels = filter_found(found, source.step, cuts, self.settings.temporal)
            filled = np.isfinite(labels.keypoints) & ~np.isfinite(found.keypoints)
            entry.update(cuts=[int(found.frames[t]) for t in cuts],
                         joints_filled=int(filled.all(axis=2).sum()))
            self._write_dlc(source, found.frames, labels, filtered=True)
        # A frame the network did not see is no training image, though the filter may fill it.
        seen = np.flatnonzero(np.isfinite(found.keypoints).all(axis=(1, 2)))
        images = [ImageLabels(
            self._file_name(source, found.frames[t]), *(int(size) for size in found.sizes[t]),
            labels.keypoints[t], labels.scores[t], found.squares[t], source.name,
            int(found.frames[t])) for t in seen]
        self._images += images
        if self.settings.project is not None:
            entry['labelled_frames'] = self.settings.project.add(
                source, self.predictor.skeleton, images, self.settings.coco)
        self._sources.append(entry)
        if found.skipped or found.problem:
            self.say(found.summary())

    def finish(self, info: dict) -> dict:
        """Write the json files; returns the report."""
        out = self.settings.out
        report = dict(made_by=MADE_BY, info=info, scorer=self.scorer, sources=self._sources,
                      failed=self.failed)
        if 'coco' in self.settings.formats:
            content, counts = coco_labels(self._images, self.predictor.skeleton,
                                          self.settings.coco, info)
            (out / COCO_FILE).write_text(json.dumps(content), encoding='utf-8')
            self._files.append(out / COCO_FILE)
            report['coco'] = asdict(counts)
        report['files'] = [str(path.relative_to(out)) for path in self._files]
        (out / REPORT).write_text(json.dumps(report, indent=1), encoding='utf-8')
        return report

    def _file_name(self, source: FrameSource, number: int) -> str:
        if self.settings.frames_out is not None:
            return f'{source.name}/{int(number):06d}.png'
        if not isinstance(source, FrameFolder) or self.image_root is None:
            return f'{source.name}/{int(number)}'  # only a name: no json is written
        path = source.path.absolute() / source.files[int(number)]
        return path.relative_to(self.image_root).as_posix()

    def _write_dlc(self, source: FrameSource, frames: np.ndarray, labels: Keypoints,
                   filtered: bool) -> None:
        if 'dlc' in self.settings.formats:
            # Frames of a folder that are not whole are counted, as their numbers are.
            total = len(source.files) if isinstance(source, FrameFolder) else source.num_read
            self._files += write_predictions(
                self.settings.out / DLC_FOLDER, source.name, self.scorer, self.predictor.skeleton,
                frames, total, labels.keypoints, labels.scores, filtered)


def filter_found(found: SourcePredictions, step: int, cuts: Sequence[int], temporal: TemporalFilter
                 ) -> Keypoints:
    """What was found in the frames of one source, ``step`` apart, filtered; ``cuts`` are the rows
    of ``found`` that begin a shot."""
    # The filter takes frames equally far apart; those that could not be read are missing.
    places = (found.frames - found.frames[0]) // step
    keypoints = np.full((places[-1] + 1, *found.keypoints.shape[1:]), np.nan)
    scores = np.zeros(keypoints.shape[:2])
    keypoints[places], scores[places] = found.keypoints, found.scores
    filtered = filter_track(keypoints, scores, temporal, [int(places[t]) for t in cuts])
    return Keypoints(filtered.keypoints[places], filtered.scores[places])
