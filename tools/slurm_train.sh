#!/usr/bin/env bash
# Train under slurm, one task a GPU:
#
#   tools/slurm_train.sh PARTITION JOB_NAME CONFIG [arguments of tools/train.py]
#
# Environment:
#   GPUS, GPUS_PER_NODE   tasks in all (8); tasks and GPUs of a node (8, or GPUS if that is less)
#   CPUS_PER_TASK         cores of a task (5)
#   SRUN_ARGS             further arguments of srun, separated by spaces
#   MASTER_PORT           rendezvous port (a random one)
#   PYTHON                the interpreter (python)
set -euo pipefail
if [ $# -lt 3 ]; then
    echo "usage: tools/slurm_train.sh PARTITION JOB_NAME CONFIG [arguments of tools/train.py]" >&2
    exit 2
fi
tools=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
partition=$1 job=$2 config=$3
shift 3
gpus=${GPUS:-8}
per_node=${GPUS_PER_NODE:-$((gpus < 8 ? gpus : 8))}
read -r -a srun_args <<< "${SRUN_ARGS:-}"
# srun hands the environment on to the tasks. MMEngine's port is 29500 whatever the job.
export MASTER_PORT=${MASTER_PORT:-$((20000 + RANDOM % 20000))}
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
export PYTHONPATH="$(dirname "$tools")${PYTHONPATH:+:$PYTHONPATH}"
# --kill-on-bad-exit: a task that dies takes the others down.
exec srun "--partition=$partition" "--job-name=$job" "--gres=gpu:$per_node" "--ntasks=$gpus" \
    "--ntasks-per-node=$per_node" "--cpus-per-task=${CPUS_PER_TASK:-5}" --kill-on-bad-exit=1 \
    ${srun_args[@]+"${srun_args[@]}"} \
    "${PYTHON:-python}" -u "$tools/train.py" "$config" --launcher slurm "$@"
