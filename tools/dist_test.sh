#!/usr/bin/env bash
# Test a checkpoint in several processes; the environment is that of tools/dist_train.sh:
#
#   tools/dist_test.sh CONFIG CHECKPOINT GPUS [arguments of tools/test.py]
set -euo pipefail
if [ $# -lt 3 ]; then
    echo "usage: tools/dist_test.sh CONFIG CHECKPOINT GPUS [arguments of tools/test.py]" >&2
    exit 2
fi
tools=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
config=$1 checkpoint=$2 processes=$3
shift 3
source "$tools/torchrun.sh"
torchrun "$processes" "$tools/test.py" "$config" "$checkpoint" --launcher pytorch "$@"
