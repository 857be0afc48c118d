#!/bin/bash
# The whole study: projects/pseudo_labels/run.sh TEACHER.pth TEACHER_CONFIG [OUT]
# Sizes for a try-out: CLIPS=4 ITERS=4 TEST_CLIPS=2 projects/pseudo_labels/run.sh ...
set -euo pipefail
teacher=$1; teacher_config=$2; out=${3:-work_dirs/pseudo_labels}
clips=${CLIPS:-160}; iters=${ITERS:-2000}; test_clips=${TEST_CLIPS:-50}; min_score=${MIN_SCORE:-0.7}
cd "$(dirname "$0")/../.."
python=${PYTHON:-.venv/bin/python}
here=projects/pseudo_labels
mmpose=$($python -c "import importlib.util as u; print(u.find_spec('mmpose').origin)")
mmpose=$(dirname "$mmpose")
config=$here/rtmpose_tiny_people.py

# 1. Frames of people whom no test frame shows. Their truth is written too, and only reported.
$python tools/make_synthetic.py people --split train --num-clips "$clips" --out "$out/train"

# 2. The teacher labels them: all joints; sure joints alone; steadied over time (to compare).
label() { $python tools/pseudo_label.py "$teacher" "$out/train/clips" --box square \
    --formats coco "${@:2}" --out "$out/labels_$1"; }
label all
label sure --min-score "$min_score"
label median --filter median
label savgol --filter savgol
$python $here/label_error.py "$out/train/truth.json" \
    "$out"/labels_{all,median,savgol}/keypoints.json --min-scores 0 0.5 0.6 "$min_score" 0.8 0.9 \
    | tee "$out/label_error.txt"

# 3. Students, by MMPose's own tools. The third sees the truth: what the student could do at best.
mkdir -p "$out/truth"; cp "$out/train/truth.json" "$out/truth/keypoints.json"
for labels in labels_all labels_sure truth; do
    work=$out/student_$labels
    $python "$mmpose/.mim/tools/train.py" $config --work-dir "$work" --cfg-options \
        data_root="$out/" train_dataloader.dataset.data_root="$out/" \
        train_dataloader.dataset.ann_file=$labels/keypoints.json \
        train_cfg.max_iters="$iters" param_scheduler.1.begin=$((iters / 2)) \
        param_scheduler.1.end="$iters" param_scheduler.1.T_max=$((iters / 2)) \
        default_hooks.checkpoint.interval="$iters"
    $python "$mmpose/.mim/tools/test.py" $config "$work/iter_$iters.pth" --work-dir "$work" \
        --cfg-options test_dataloader.dataset.num_clips="$test_clips" \
        test_evaluator.0.out_file="$work/keypoint_distance.json"
done

# 4. The teacher on the same frames.
$python tools/test.py "$teacher_config" "$teacher" --work-dir "$out/teacher" \
    --cfg-options test_dataloader.dataset.num_clips="$test_clips"

# 5. One line each: percent of the image's side, and MMPose's own metrics.
cat "$out/label_error.txt"
$python $here/summary.py "$out"
