"""Prepare videos: find the figure, cut clips out, report what was kept and what was dropped.

A finished video is the folder ``<out>/<name>/`` with ``000/0000.jpg`` ..., ``boxes.csv`` and
``report.json``. It is made in a hidden folder and renamed when it is whole, so an interrupted one
leaves no trace that a clip source would read.
"""
from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ikp_mm.io.atomic import remove_partial, atomic_folder
from ikp_mm.io.formats.boxes import write_box_file
from ikp_mm.io.frame_sources import FrameFolder, FrameSource, UnreadableVideoError
from ikp_mm.io.progress import Progress
from ikp_mm.io.workers import count_done, in_workers

from .clip_writing import write_clips
from .croppers import CropError, Cropper
from .croppers.base import squares_around
from .cuts import CutFinder
from .planning import NOTHING_FOUND, Plan, plan_unordered, plan_video
from .settings import PrepareSettings
from .tracks import without_outliers

REPORT = 'report.json'
BOXES = 'boxes.csv'
# Passes through a video beside the cropper's own: one that looks for cuts, one that writes.
OTHER_PASSES = 2
MADE_BY = 'tools/prepare_videos.py'


def finished_report(out: Path, video: FrameSource, settings: PrepareSettings,
                    overwrite: bool = False) -> dict | None:
    """The report of a video that was already prepared in just this way; None when it was not, or
    is to be made anew (``overwrite``).

    Raises:
        FileExistsError: its folder is there but is not this tool's, or, unless ``overwrite``, was
            made with other settings or from another file.
    """
    folder = out / video.name
    if not folder.exists():
        return None
    if not (folder / REPORT).is_file():
        raise FileExistsError(f'{folder} is in the way: it holds no {REPORT}, so this tool did '
                              'not make it')
    if overwrite:
        return None
    report = json.loads((folder / REPORT).read_text(encoding='utf-8'))
    now = dict(settings=settings.record(), source=str(video.path.resolve()),
               bytes=_bytes(video))
    changed = [f'{key}: {report.get(key)} there, {value} now' for key, value in now.items()
               if report.get(key) != value]
    if changed:
        raise FileExistsError(f'{folder} was made differently ({"; ".join(changed)}): choose '
                              'another --out, or make it anew with --overwrite')
    return report


def _bytes(video: FrameSource) -> int:
    """Size on the disk. A link to nothing has none; it is named when the folder is read."""
    files = [video.path / name for name in video.files] if isinstance(video, FrameFolder) \
        else [video.path]
    return sum(file.stat().st_size for file in files if file.exists())


def prepare_video(video: FrameSource, out: Path, settings: PrepareSettings,
                  cropper: Cropper | None = None) -> dict:
    """Cut the clips of one video.

    Args:
        video: the source.
        out: folder in which ``<name>/`` is made.
        cropper: one of these settings that has looked at all videos; None makes one.

    Returns:
        Its report, which is also written: ``kept`` and ``dropped`` (each with first and last frame
        as numbers of the video's own frames, and the reason), counts, ``problem``.

    Raises:
        FileExistsError: ``<out>/<name>`` is there.
        UnreadableVideoError, CropError: the video cannot be read, or cropped so.
        ValueError: the cropper's boxes are none, or not one a frame; a step not the video's.
    """
    if video.step != settings.step:
        raise ValueError(f'{video.path} is read by step {video.step}, but the settings say '
                         f'{settings.step}')
    cropper = settings.make_cropper() if cropper is None else cropper
    with atomic_folder(out / video.name, REPORT, 'prepared video', overwrite=False) as partial:
        return _write_video(video, partial, settings, cropper)


def _write_video(video: FrameSource, folder: Path, settings: PrepareSettings,
                 cropper: Cropper) -> dict:
    """Write all that belongs to a video into a folder; its report."""
    finder = CutFinder()
    for frame in video:
        finder.add(frame)
    count, cuts = len(finder), finder.cuts()
    found = squares_around(cropper.boxes(video))
    if len(found) != count:
        raise ValueError(f"{video.path}: {count} frames, but crop '{settings.crop}' gave "
                         f'{len(found)} boxes')
    if settings.unordered:
        cuts, tracked = [], found
        plan = plan_unordered(folder, found, cropper.why_missing, settings)
    else:
        tracked = without_outliers(found)
        plan = plan_video(folder, tracked, cuts, cropper.why_missing, settings)
    write_clips(video, plan.clips, settings.size)
    if settings.still_crop and cropper.background is not None:
        for clip in plan.clips:
            clip.add_background(cropper.background, settings.size)
    numbers = video.numbers
    # The squares of all clips, near-still ones too, as boxes of the video's own frames.
    used = [(numbers[t], np.array([x - side / 2, y - side / 2, x + side / 2, y + side / 2]))
            for clip in plan.clips for t, (x, y, side) in zip(clip.frames, clip.squares)]
    write_box_file(folder / BOXES, {video.name: used})
    kept = _keep_moving(plan, settings, numbers)
    dropped = [dict(entry, first=numbers[entry['first']], last=numbers[entry['last']])
               for entry in plan.dropped]
    seen = ~np.isnan(found[:, 0])
    report = dict(
        name=video.name, source=str(video.path.resolve()), bytes=_bytes(video),
        settings=settings.record(), problem=video.problem, frames=count,
        no_background=cropper.why_no_background if settings.still_crop else None,
        frames_in_source=video.num_read, frames_without_box=int((~seen).sum()),
        why_without_box=dict(Counter(cropper.why_missing.get(int(t), NOTHING_FOUND)
                                     for t in np.flatnonzero(~seen))),
        outlying_boxes=int((seen & np.isnan(tracked[:, 0])).sum()),
        cuts=[numbers[cut] for cut in cuts], kept=kept,
        dropped=sorted(dropped, key=lambda entry: entry['first']))
    (folder / REPORT).write_text(json.dumps(report, indent=1), encoding='utf-8')
    return report


def video_preparer(out: Path, settings: PrepareSettings, cropper: Cropper | None, seen: object
                   ) -> Callable[[FrameSource], dict | str]:
    """A function that prepares a video and returns its report, or as a text why it failed. Without
    a cropper, in a worker, it makes one and gives it ``seen``, what ``look_at_all`` returned."""
    if cropper is None:
        cropper = settings.make_cropper()
        cropper.use(seen)

    def prepare(video: FrameSource) -> dict | str:
        video.on_frame = lambda video, t: count_done()
        try:
            return prepare_video(video, out, settings, cropper)
        except (UnreadableVideoError, CropError) as error:
            return str(error)
        finally:
            video.on_frame = None
    return prepare


def _keep_moving(plan: Plan, settings: PrepareSettings, numbers: list[int]) -> list[dict]:
    """Remove near-still clips, number the others, describe them."""
    kept = []
    for clip in plan.clips:
        motion, first, last = clip.motion, int(clip.frames[0]), int(clip.frames[-1])
        if motion < settings.min_motion:
            plan.drop(first, last + 1, 'near-still', frames=len(clip.frames),
                      motion=round(motion, 2))
            clip.remove()
            continue
        clip.rename(f'{len(kept):03d}')
        kept.append(dict(
            clip=clip.folder.name, first=numbers[first], last=numbers[last],
            frames=len(clip.frames), found=clip.found, motion=round(motion, 2),
            mean_side=round(float(clip.squares[:, 2].mean()), 1), outside=round(clip.outside, 3)))
    return kept


def prepare_all(sources: Sequence[FrameSource], out: Path, settings: PrepareSettings,
                overwrite: bool = False, say: Callable[[str], None] = print, jobs: int = 1,
                say_progress: Callable[[str], None] | None = None) -> dict:
    """Prepare every source that is not finished; write ``<out>/report.json``.

    What is written does not depend on ``jobs``, nor does the order of the lines. An interruption
    (KeyboardInterrupt, or any other error) leaves finished videos and nothing else.

    Args:
        sources: see ``frame_sources.find_sources``.
        out: the folder of all videos' clips, made when it is not there.
        overwrite: make videos anew that this tool made before.
        say: where one line a video goes.
        jobs: how many processes; 1 is this one.
        say_progress: where a line every ten seconds goes; None: ``say``.

    Returns:
        dict: ``prepared_by``, ``videos`` (their reports, also of earlier calls), ``failed`` (name
        -> why), ``totals``.

    Raises:
        FileExistsError: before anything is done: something in ``out`` is not this tool's, or was
            made with other settings (unless ``overwrite``).
        ValueError: jobs < 1; what the cropper raises for bad options.
    """
    if jobs < 1:
        raise ValueError(f'jobs must be at least 1, got {jobs}')
    summary = out / REPORT
    if summary.exists() and json.loads(summary.read_text('utf-8')).get('prepared_by') != MADE_BY:
        raise FileExistsError(f'{summary} is not a report of {MADE_BY}: choose another --out')
    reports = {video.name: finished_report(out, video, settings, overwrite) for video in sources}
    finished = {name: report for name, report in reports.items() if report is not None}
    waiting = [video for video in sources if video.name not in finished]
    cropper = settings.make_cropper()
    seen = cropper.look_at_all(sources) if waiting else None
    out.mkdir(parents=True, exist_ok=True)
    for video in waiting:
        if (out / video.name).exists():  # overwrite, and known to be this tool's
            shutil.rmtree(out / video.name)
    # What a container declares may be missing or wrong: the number of frames is an estimate.
    passes = cropper.passes + OTHER_PASSES
    progress = Progress(passes * sum(video.expected_frames() for video in waiting),
                        f'frames in {passes} passes through all videos',
                        say if say_progress is None else say_progress)
    jobs = min(jobs, len(waiting)) if jobs > 1 and len(waiting) > 1 else 0  # 0: in this process
    arguments = (out, settings, None if jobs else cropper, seen)
    results = in_workers(video_preparer, arguments, waiting, jobs, progress.at)
    failed: dict[str, str] = {}
    try:
        for number, video in enumerate(sources, start=1):
            head = f'[{number}/{len(sources)}] {video.name}: '
            if video.name in finished:
                say(head + 'finished before, ' + _one_line(finished[video.name]))
                continue
            result = next(results)
            if isinstance(result, str):
                failed[video.name] = result
                say(head + f'FAILED: {result}')
            else:
                say(head + _one_line(result))
    finally:
        results.close()  # workers end before what they write is removed
        remove_partial(out)
    report = _summary(out, failed)
    summary.write_text(json.dumps(report, indent=1), encoding='utf-8')
    return report


def _summary(out: Path, failed: dict[str, str]) -> dict:
    videos = [json.loads(path.read_text(encoding='utf-8'))
              for path in sorted(out.glob(f'*/{REPORT}'))]
    clips = [clip for video in videos for clip in video['kept']]
    totals = dict(
        videos=len(videos), frames=sum(video['frames'] for video in videos), clips=len(clips),
        frames_kept=sum(clip['frames'] for clip in clips), frames_dropped=_dropped(videos),
        videos_with_problems=[video['problem'] for video in videos if video['problem']],
        videos_without_clips=[video['name'] for video in videos if not video['kept']])
    return dict(prepared_by=MADE_BY, totals=totals, failed=failed, videos=videos)


def _dropped(videos: Sequence[dict]) -> dict[str, int]:
    """Reason -> frames, over the reports of videos."""
    counts: dict[str, int] = {}
    for entry in (entry for video in videos for entry in video['dropped']):
        counts[entry['reason']] = counts.get(entry['reason'], 0) + entry['frames']
    return counts


def _one_line(report: dict) -> str:
    frames = sum(clip['frames'] for clip in report['kept'])
    line = f"{report['frames']} frames, {len(report['kept'])} clips of {frames} frames kept"
    dropped = ', '.join(f'{count} {reason}' for reason, count in _dropped([report]).items())
    if dropped:
        line += f'; dropped: {dropped}'
    if report.get('no_background'):
        line += f"; no background written: {report['no_background']}"
    if report['problem']:
        line += f"; PROBLEM: {report['problem']}"
    return line
