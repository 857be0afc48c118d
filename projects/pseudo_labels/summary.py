"""Direct errors of the teacher and the students of run.sh: ``summary.py WORK_DIR``."""
import json
import sys
from pathlib import Path

ROWS = {'teacher': 'teacher', 'student_labels_all': 'student, all pseudo-labels',
        'student_labels_sure': 'student, sure joints alone',
        'student_truth': 'student, true labels'}


def latest_metrics(folder: Path) -> dict[str, float]:
    """What the last test of a work directory printed (the test tools leave it as json)."""
    files = sorted(folder.glob('2*/2*.json'), key=lambda path: path.stat().st_mtime)
    found = [json.loads(path.read_text(encoding='utf-8')) for path in files]
    tested = [metrics for metrics in found if 'keypoint_distance/direct' in metrics]
    if not tested:
        raise SystemExit(f'{folder} holds no test result')
    return tested[-1]


def main() -> None:
    out = Path(sys.argv[1])
    print('| | error, % of the side | PCK@0.2 of the box | NME, torso | EPE, pixels |\n'
          '|---|---|---|---|---|')
    for name, title in ROWS.items():
        metrics = latest_metrics(out / name)
        values = [f'{metrics[key]:.{digits}f}' if key in metrics else '–' for key, digits in (
            ('keypoint_distance/direct', 2), ('mmpose/PCK', 4), ('mmpose/NME', 4),
            ('mmpose/EPE', 3))]
        print(f"| {title} | {' | '.join(values)} |")


if __name__ == '__main__':
    main()
