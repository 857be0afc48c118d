#!/usr/bin/env bash
# Train in several processes of one or more machines, by torchrun; the arguments are MMPose's:
#
#   tools/dist_train.sh CONFIG GPUS [arguments of tools/train.py]
#
# Without a GPU it starts GPUS processes on the CPU. Environment:
#   NNODES, NODE_RANK, MASTER_ADDR   several machines: how many, which this is, the first one's name
#   PORT                             rendezvous port (one machine: a free one; several: 29500)
#   OMP_NUM_THREADS                  threads of each process (cores / processes)
#   PYTHON                           the interpreter (python)
set -euo pipefail
if [ $# -lt 2 ]; then
    echo "usage: tools/dist_train.sh CONFIG GPUS [arguments of tools/train.py]" >&2
    exit 2
fi
tools=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
config=$1 processes=$2
shift 2
source "$tools/torchrun.sh"
torchrun "$processes" "$tools/train.py" "$config" --launcher pytorch "$@"
