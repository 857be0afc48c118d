"""Prepare many videos; what is finished stays finished."""
from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from ikp_mm.io.atomic import remove_partial
from ikp_mm.io.frame_sources import FrameSource
from ikp_mm.io.progress import Progress
from ikp_mm.io.workers import in_workers

from .prepare import REPORT, VideoPreparer, finished_report
from .settings import PrepareSettings

# Passes through a video beside the cropper's own: one that looks for cuts, one that writes.
OTHER_PASSES = 2
MADE_BY = 'tools/prepare_videos.py'


def prepare_all(sources: Sequence[FrameSource], out: Path, settings: PrepareSettings,
                overwrite: bool = False, say: Callable[[str], None] = print, jobs: int = 1,
                say_progress: Callable[[str], None] | None = None) -> dict:
    """Prepare every source that is not finished; write ``<out>/report.json``.

    What is written does not depend on ``jobs``, nor does the order of the lines. An interruption
    (KeyboardInterrupt, or any other error) leaves finished videos and nothing else.

    Args:
        sources: see ``frame_sources.find_sources``.
        out: the folder of all videos' clips, made when it is not there.
        settings: alike for all.
        overwrite: make videos anew that this tool made before.
        say: where one line a video goes.
        jobs: how many processes; 1 is this one.
        say_progress: where a line every ten seconds goes; None: ``say``.

    Returns:
        dict: ``prepared_by``, ``videos`` (their reports, also of videos prepared by
        earlier calls), ``failed`` (name -> why), ``totals``.

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
    jobs = min(jobs, len(waiting))
    if jobs > 1:
        make, arguments = VideoPreparer.in_worker, (out, settings, seen)
    else:
        make, arguments, jobs = VideoPreparer, (out, settings, cropper), 0
    results = in_workers(make, arguments, waiting, jobs, progress.at)
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
    if report['dropped']:
        line += '; dropped: ' + ', '.join(f'{count} {reason}'
                                          for reason, count in _dropped([report]).items())
    if report['problem']:
        line += f"; PROBLEM: {report['problem']}"
    return line
