"""Does the label-free score rank a run's checkpoints as their true error does, and pick a good one?

    python projects/score/rank.py mouse=work_dirs/ikp_mouse/seed_0 ... [--out projects/score/rows.json]

Reads the validations that runs with labels logged (their training saw none): Spearman's rank
correlation of the score with minus the direct error, and the error of the checkpoint with the highest
score over that of the best one.
"""
import argparse
import json
from pathlib import Path

from ikp_mm.evaluation.functional import rank_correlation
from ikp_mm.evaluation.run_report import gather_scalars, validation_series

ERROR, SCORE = 'keypoint_distance/direct', 'label_free/score'


def row(name: str, work_dir: Path) -> dict:
    """One run's validations and what the score makes of them."""
    scalars = gather_scalars(work_dir)
    error, score = (dict(validation_series(scalars, key)) for key in (ERROR, SCORE))
    steps = sorted(error.keys() & score.keys())
    chosen = max(steps, key=score.get)
    return dict(run=name, checkpoints=len(steps), errors=[round(error[s], 2) for s in steps],
                scores=[round(score[s], 2) for s in steps],
                correlation=round(rank_correlation([score[s] for s in steps],
                                                   [-error[s] for s in steps]), 2),
                chosen_over_best=round(error[chosen] / min(error[s] for s in steps), 3))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('runs', nargs='+', metavar='NAME=WORK_DIR')
    parser.add_argument('--out', type=Path)
    args = parser.parse_args()
    rows = [row(name, Path(folder)) for name, folder in (run.split('=', 1) for run in args.runs)]
    print('| run | checkpoints | rank correlation | chosen / best |\n|---|---|---|---|')
    for each in rows:
        print(f"| {each['run']} | {each['checkpoints']} | {each['correlation']:.2f} "
              f"| {each['chosen_over_best']:.3f} |")
    if args.out is not None:
        args.out.write_text(json.dumps(rows, indent=1) + '\n')


if __name__ == '__main__':
    main()
