#!/usr/bin/env python
"""Print what an index of many clips costs (docs/scaling.md): ``projects/scaling/measure_index.py
[--clips 1000000]``. Nothing is read but what it makes in a temporary folder (``TMPDIR``)."""
import argparse
import json
from pathlib import Path

import ikp_mm  # noqa: F401  (before any mmpose module that wants compiled ops)
from ikp_mm.benchmark.index_scale import measure_index, table_index


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--clips', type=int, default=10**6, help='clips of the index (%(default)s)')
    parser.add_argument('--frames-per-clip', type=int, default=100, help='mean (%(default)s)')
    parser.add_argument('--seconds', type=float, default=10.0,
                        help='for timing draws, and as long for making an index (%(default)s)')
    parser.add_argument('--json', type=Path, help='write all figures here too')
    args = parser.parse_args()
    sizes = [size for size in (10**3, 10**4, 10**5, 10**6, 10**7) if size <= args.clips]
    result = measure_index(args.clips, args.frames_per_clip, sizes or [args.clips],
                           seconds=args.seconds)
    if args.json is not None:
        args.json.write_text(json.dumps(result, indent=1) + '\n')
    print(table_index(result))


if __name__ == '__main__':
    main()
