#!/bin/bash
# Four runs, one after the other, one thread each, then the minutes:
#   projects/time_to_accuracy/run.sh [OUT]
# RELEASED_ITERS ends the runs with the released hyper-parameters (default 4000).
set -euo pipefail
out=${1:-work_dirs/time_to_accuracy}; released_iters=${RELEASED_ITERS:-4000}
cd "$(dirname "$0")/../.."
python=${PYTHON:-.venv/bin/python}
here=projects/time_to_accuracy
export OMP_NUM_THREADS=1
for set in people faces; do
    $python tools/train.py $here/ours_$set.py --work-dir "$out/ours_$set"
    $python tools/train.py $here/released_$set.py --work-dir "$out/released_$set" --cfg-options \
        train_cfg.max_iters="$released_iters"
    $python $here/minutes.py "$out/ours_$set" "$out/released_$set"
done
