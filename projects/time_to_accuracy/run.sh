#!/bin/bash
# Three runs, one after the other, one thread each, then the minutes:
#   projects/time_to_accuracy/run.sh [OUT]
# RELEASED_ITERS ends the released hyper-parameters' run (default 2000).
set -euo pipefail
out=${1:-work_dirs/time_to_accuracy}; released_iters=${RELEASED_ITERS:-2000}
cd "$(dirname "$0")/../.."
python=${PYTHON:-.venv/bin/python}
here=projects/time_to_accuracy
export OMP_NUM_THREADS=1
$python tools/train.py $here/quick.py --work-dir "$out/quick"
# The default up to where its learning rates begin to fall.
$python tools/train.py configs/ikp_synthetic_without_figures.py --work-dir "$out/default" --cfg-options \
    train_cfg.max_iters=1200 train_cfg.val_interval=20 train_cfg.val_begin=1000
$python tools/train.py $here/released_hyper_parameters.py --work-dir "$out/released" --cfg-options \
    train_cfg.max_iters="$released_iters" train_cfg.val_interval=20 train_cfg.val_begin=1000
$python $here/minutes.py "$out/quick" "$out/default" "$out/released"
