#!/usr/bin/env python
"""Frame pairs a second from JPEG folders, videos and packed clips (docs/speed.md):
``projects/scaling/measure_loading.py [--seconds 20]``.

The clips are synthetic people at 160 px, written to a temporary folder (``TMPDIR``) in each form,
so that all show the same. Backgrounds are the clips' medians, taken before the clock starts.
"""
import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from mmengine.registry import init_default_scope

import ikp_mm  # noqa: F401  (before any mmpose module that wants compiled ops)
from ikp_mm.clips import FramePairDataset
from ikp_mm.clips.packed import pack_clips
from ikp_mm.preparation.clip_writing import write_jpeg
from ikp_mm.synthetic import SyntheticClips
from ikp_mm.visualization.video_writer import VideoWriter

CLIPS, FRAMES, FULL_SIZE, PAIRS = 12, 24, 160, 16
# As in configs/_base_/datasets/synthetic_people_64.py.
WEIGHING = dict(threshold=16.0, softness=8.0, blur=0.5)
MEDIAN, GIVEN = (dict(source=source, **WEIGHING) for source in ('clip_median', 'given'))
# All that a configuration can ask for.
MOVED = dict(augment=dict(flip=0.5, rotate_deg=20, scale=(0.85, 1.15), shift=0.1),
             appearance_warp=dict(points=3, strength=0.06))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--seconds', type=float, default=20.0, help='for each size (%(default)s)')
    seconds = parser.parse_args().seconds
    init_default_scope('mmpose')
    print('| frames | read from | MB on disk | pairs/s (10 % - 90 %) | times JPEG folders |\n'
          '|---|---|---|---|---|')
    with tempfile.TemporaryDirectory(prefix='ikp_mm_loading_') as folder:
        root = Path(folder)
        write_clips(root)
        for size in (64, 128):
            measure(root, size, seconds)


def write_clips(root: Path) -> None:
    source = SyntheticClips(num_clips=CLIPS, frames_per_clip=FRAMES, image_size=FULL_SIZE)
    (root / 'videos').mkdir()
    for clip in range(CLIPS):
        (root / f'clips/{clip:03d}').mkdir(parents=True)
        with VideoWriter(root / f'videos/{clip:03d}.mp4', rate=25) as video:
            for t in range(FRAMES):
                frame = source.frame(clip, t)
                write_jpeg(root / f'clips/{clip:03d}/{t:04d}.jpg', frame)
                video.write(frame)


def measure(root: Path, size: int, seconds: float) -> None:
    """Print the rows of a size: all forms in turn, round by round, each round the same draws."""
    folders = dict(type='FolderClips', root=str(root / 'clips'), cache=False)
    packed = root / f'packed_{size}'
    pack_clips(folders, packed, size, background=MEDIAN, say=lambda line: None)
    raw = dict(type='PackedClips', path=str(packed))
    forms = {
        'JPEG folders': (root / 'clips', folders, MEDIAN, {}),
        'JPEG folders, kept in memory': (root / 'clips', dict(folders, cache=True), MEDIAN, {}),
        'videos': (root / 'videos', dict(folders, type='VideoClips', root=str(root / 'videos')),
                   MEDIAN, {}),
        'packed, raw': (packed, raw, GIVEN, {}),
        'packed, raw; moved and warped': (packed, raw, GIVEN, MOVED)}
    datasets = {form: FramePairDataset(clips, size, background=background, seed=0, **options)
                for form, (_, clips, background, options) in forms.items()}
    for dataset in datasets.values():
        for clip in range(CLIPS):
            dataset.background.background(clip)
    speeds: dict[str, list[float]] = {form: [] for form in forms}
    end, draw = time.perf_counter() + seconds, 0
    while time.perf_counter() < end or draw < 5 * PAIRS:
        for form, dataset in datasets.items():
            begin = time.perf_counter()
            for number in range(draw, draw + PAIRS):
                dataset[number]
            speeds[form].append(PAIRS / (time.perf_counter() - begin))
        draw += PAIRS
    base = np.median(speeds['JPEG folders'])
    for form, (path, *_) in forms.items():
        nbytes = sum(file.stat().st_size for file in path.rglob('*') if file.is_file())
        low, median, high = np.percentile(speeds[form], [10, 50, 90])
        print(f'| {size} px | {form} | {nbytes / 1e6:.1f} | {median:.0f} ({low:.0f} - {high:.0f}) |'
              f' {median / base:.2f} |', flush=True)


if __name__ == '__main__':
    main()
