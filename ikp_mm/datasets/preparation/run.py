"""Prepare many videos, one after another; what is finished stays finished."""
from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from .prepare import PARTIAL, REPORT, PrepareSettings, finished_report, prepare_video
from .reading import FrameSource, UnreadableVideoError

MADE_BY = 'tools/prepare_videos.py'


def prepare_all(sources: Sequence[FrameSource], out: Path, settings: PrepareSettings,
                overwrite: bool = False, say: Callable[[str], None] = print) -> dict:
    """Prepare every source that is not finished; write ``<out>/report.json``.

    Args:
        sources: see ``reading.find_sources``.
        out: the folder of all videos' clips, made when it is not there.
        settings: alike for all.
        overwrite: make videos anew that this tool made before.
        say: where one line a video goes.

    Returns:
        dict: ``prepared_by``, ``videos`` (their reports, also of videos prepared by
        earlier calls), ``failed`` (name -> why), ``totals``.

    Raises:
        FileExistsError: before anything is done: something in ``out`` is not this tool's, or was
            made with other settings (unless ``overwrite``).
    """
    summary = out / REPORT
    if summary.exists() and json.loads(summary.read_text('utf-8')).get('prepared_by') != MADE_BY:
        raise FileExistsError(f'{summary} is not a report of {MADE_BY}: choose another --out')
    finished: dict[str, dict] = {}
    for video in sources:
        try:
            report = finished_report(out, video, settings)
        except FileExistsError:
            if not overwrite or not (out / video.name / REPORT).is_file():
                raise
            report = None
        if report is not None and not overwrite:
            finished[video.name] = report
    out.mkdir(parents=True, exist_ok=True)
    failed: dict[str, str] = {}
    for number, video in enumerate(sources, start=1):
        head = f'[{number}/{len(sources)}] {video.name}: '
        if video.name in finished:
            say(head + 'finished before, ' + _one_line(finished[video.name]))
            continue
        if (out / video.name).exists():  # overwrite, and known to be this tool's
            shutil.rmtree(out / video.name)
        try:
            report = prepare_video(video, out, settings)
        except UnreadableVideoError as error:
            failed[video.name] = str(error)
            shutil.rmtree(out / PARTIAL / video.name)
            say(head + f'FAILED: {error}')
            continue
        say(head + _one_line(report))
    if (out / PARTIAL).is_dir():
        shutil.rmtree(out / PARTIAL)
    report = _summary(out, failed)
    summary.write_text(json.dumps(report, indent=1), encoding='utf-8')
    return report


def _summary(out: Path, failed: dict[str, str]) -> dict:
    videos = [json.loads(path.read_text(encoding='utf-8'))
              for path in sorted(out.glob(f'*/{REPORT}'))]
    dropped: dict[str, int] = {}
    for video in videos:
        for entry in video['dropped']:
            dropped[entry['reason']] = dropped.get(entry['reason'], 0) + entry['frames']
    clips = [clip for video in videos for clip in video['kept']]
    totals = dict(
        videos=len(videos), frames=sum(video['frames'] for video in videos), clips=len(clips),
        frames_kept=sum(clip['frames'] for clip in clips), frames_dropped=dropped,
        videos_with_problems=[video['problem'] for video in videos if video['problem']],
        videos_without_clips=[video['name'] for video in videos if not video['kept']])
    return dict(prepared_by=MADE_BY, totals=totals, failed=failed, videos=videos)


def _one_line(report: dict) -> str:
    frames = sum(clip['frames'] for clip in report['kept'])
    line = f"{report['frames']} frames, {len(report['kept'])} clips of {frames} frames kept"
    reasons: dict[str, int] = {}
    for entry in report['dropped']:
        reasons[entry['reason']] = reasons.get(entry['reason'], 0) + entry['frames']
    if reasons:
        line += '; dropped: ' + ', '.join(f'{count} {reason}' for reason, count in reasons.items())
    if report['problem']:
        line += f"; PROBLEM: {report['problem']}"
    return line
