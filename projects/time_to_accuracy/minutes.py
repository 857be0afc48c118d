"""Minutes of training until the direct error is half the mean pose's, read from runs' logs.

    minutes.py WORK_DIR [WORK_DIR ...]

Seconds of training are those that the iterations took, loading included and validations left out.
The errors are those of the validation frames. The first run is what the others are compared to.
"""
import argparse
import json
from pathlib import Path

FRACTION = 0.5


def curve(work_dir: Path) -> tuple[list[tuple[int, float, float]], float]:
    """(iteration, minutes, direct error) of each validation, and the mean pose's error."""
    logs = sorted(work_dir.glob('*/vis_data/scalars.json'))
    if len(logs) != 1:
        raise SystemExit(f'{work_dir}: {len(logs)} logs, wanted one unbroken run')
    points, mean_pose, seconds, counted = [], None, 0.0, 0
    for line in logs[0].read_text().splitlines():
        entry = json.loads(line)
        if 'keypoint_distance/direct' in entry:
            points.append((entry['step'], seconds / 60, entry['keypoint_distance/direct']))
            mean_pose = entry['keypoint_distance/mean_pose']
        elif 'time' in entry:  # the mean of the iterations since the last such line
            seconds += entry['time'] * (entry['step'] - counted)
            counted = entry['step']
    if not points:
        raise SystemExit(f'{work_dir}: no validation in {logs[0]}')
    return points, mean_pose


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('work_dirs', type=Path, nargs='+')
    first = None
    for work_dir in parser.parse_args().work_dirs:
        points, mean_pose = curve(work_dir)
        wanted = FRACTION * mean_pose
        print(f'{work_dir}: mean pose {mean_pose:.2f} %, wanted {wanted:.2f} %')
        for iteration, minutes, error in points:
            print(f'  iteration {iteration}: {minutes:.2f} min, {error:.2f} %')
        reached = next((minutes for _, minutes, error in points if error <= wanted), None)
        first = reached if first is None else first
        ratio = '' if first is None else f' ({(reached or points[-1][1]) / first:.1f} times the first)'
        if reached is None:
            best = min(error for _, _, error in points)
            print(f'  not reached in {points[-1][1]:.2f} min{ratio}; best {best:.2f} %')
        else:
            print(f'  reached after {reached:.2f} min{ratio}')


if __name__ == '__main__':
    main()
