"""Does the label-free score rank a set's checkpoints as their true error does, and pick a good one?

    python projects/score/rank.py mouse=work_dirs/ikp_mouse/seed_0,work_dirs/nofig_mouse ... [--out JSON]

Reads the validations that runs with labels logged (their training saw none). For each set, over the
checkpoints of all its runs together, good and bad: Spearman's rank correlation of the score with
minus the direct error, and the error of the checkpoint with the highest score over that of the best
one; the same choice within each run, the worst. The score is computed anew from what the logs say of
agreement, reconstruction, spread, moved and painted.
"""
import argparse
import json
from pathlib import Path

from scipy.stats import spearmanr

from ikp_mm.evaluation.functional import label_free_score
from ikp_mm.evaluation.run_report import gather_scalars, validation_series

ERROR = 'keypoint_distance/direct'
FIGURES = ('agreement', 'reconstruction', 'spread', 'moved', 'painted')


def checkpoints(work_dir: Path) -> list[tuple[float, float]]:
    """(error, score) of each validation of a run."""
    scalars = gather_scalars(work_dir)
    error = validation_series(scalars, ERROR)
    logged = {name: validation_series(scalars, f'label_free/{name}') for name in FIGURES}
    pairs = []
    for step in sorted(error.keys() & logged['moved'].keys()):
        values = {name: logged[name][step] for name in FIGURES if step in logged[name]}
        for name in values.keys() & {'moved', 'painted'}:
            values[name] /= 100
        pairs.append((error[step], label_free_score(**values)))
    return pairs


def chosen_over_best(pairs: list[tuple[float, float]]) -> float:
    """Error of the checkpoint with the highest score over the least error."""
    return max(pairs, key=lambda pair: pair[1])[0] / min(error for error, _ in pairs)


def row(name: str, work_dirs: list[Path]) -> dict:
    """One set: all its runs."""
    runs = [checkpoints(folder) for folder in work_dirs]
    pairs = sum(runs, [])
    errors, scores = zip(*pairs)
    return dict(
        set=name, runs=len(runs), checkpoints=len(pairs), least_error=round(min(errors), 2),
        largest_error=round(max(errors), 2),
        correlation=round(float(spearmanr(scores, [-error for error in errors]).statistic), 2),
        chosen_over_best=round(chosen_over_best(pairs), 3),
        worst_choice_within_a_run=round(max(map(chosen_over_best, runs)), 3))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('sets', nargs='+', metavar='NAME=WORK_DIR[,WORK_DIR...]')
    parser.add_argument('--out', type=Path)
    args = parser.parse_args()
    rows = []
    for each in args.sets:
        name, folders = each.split('=', 1)
        rows.append(row(name, [Path(folder) for folder in folders.split(',')]))
    print('| ' + ' | '.join(key.replace('_', ' ') for key in rows[0]) + ' |\n'
          + '|---' * len(rows[0]) + '|')
    for each in rows:
        print('| ' + ' | '.join(map(str, each.values())) + ' |')
    if args.out is not None:
        args.out.write_text(json.dumps(rows, indent=1) + '\n')


if __name__ == '__main__':
    main()
