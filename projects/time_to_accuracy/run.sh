#!/bin/bash
# Both runs, one after the other on one core, then the minutes:
#   projects/time_to_accuracy/run.sh [OUT]
# RELEASED_ITERS ends the released hyper-parameters' run (default 2600, about 16 times ours).
set -euo pipefail
out=${1:-work_dirs/time_to_accuracy}; released_iters=${RELEASED_ITERS:-2600}
cd "$(dirname "$0")/../.."
python=${PYTHON:-.venv/bin/python}
here=projects/time_to_accuracy
export OMP_NUM_THREADS=1
# Ours up to where its learning rates begin to fall; a validation every 25 iterations.
$python tools/train.py configs/ikp_synthetic.py --work-dir "$out/ours" --cfg-options \
    train_cfg.max_iters=1300 train_cfg.val_interval=25 train_cfg.val_begin=1000
$python tools/train.py $here/released_hyper_parameters.py --work-dir "$out/released" --cfg-options \
    train_cfg.max_iters="$released_iters" train_cfg.val_interval=100 train_cfg.val_begin=1000
$python $here/minutes.py "$out/ours" "$out/released"
