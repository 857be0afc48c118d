#!/usr/bin/env python
"""Seconds and memory of a start with a list of clips (docs/speed.md):
``projects/scaling/measure_start.py [--clips 1000000]``. Nothing is read but the list and the few
files that are looked for, made in a temporary folder (``TMPDIR``)."""
import argparse
import tempfile
import time
from pathlib import Path

import ikp_mm  # noqa: F401  (before any mmpose module that wants compiled ops)
from ikp_mm.clips import FolderClips, FramePairDataset, VideoClips
from ikp_mm.clips.clip_list import SPOT_CHECKS
from ikp_mm.io.frame_sources import evenly_spaced


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--clips', type=int, default=10**6, help='in the list (%(default)s)')
    count = parser.parse_args().clips
    print('| source | options | s to build source and dataset | of these on the processor | '
          'MiB held for it |\n|---|---|---|---|---|')
    with tempfile.TemporaryDirectory(prefix='ikp_mm_list_') as root:
        names = [f'set{i // 1000:06d}/clip{i:09d}.mp4' for i in range(count)]
        list_file = Path(root, 'clips.txt')
        list_file.write_text('\n'.join(names) + '\n')
        checked = [Path(root, names[i]) for i in evenly_spaced(count, SPOT_CHECKS)]
        del names
        for kind in (VideoClips, FolderClips):
            for path in checked:
                path.unlink(missing_ok=True)
                path.parent.mkdir(exist_ok=True)
                path.touch() if kind is VideoClips else path.mkdir()
            for options in ({}, dict(exclude=['set000000/*'])):
                before, begin, cpu = memory(), time.perf_counter(), time.process_time()
                clips = kind(root=root, image_size=64, list_file=str(list_file), **options)
                pairs = FramePairDataset(clips, 64, uniform='clips', seed=0)
                seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu
                print(f'| {kind.__name__} | {options or "-"} | {seconds:.1f} | {cpu:.1f} | '
                      f'{memory() - before:.0f} |', flush=True)
                assert len(pairs) >= count - 1000
                del clips, pairs


def memory() -> float:
    """MiB that this process holds."""
    return int(Path('/proc/self/statm').read_text().split()[1]) * 4096 / 2**20


if __name__ == '__main__':
    main()
