# Sourced by dist_train.sh and dist_test.sh, which set `tools`.
# torchrun PROCESSES SCRIPT [arguments]: replaces the shell by torchrun.
torchrun() {
    local processes=$1
    shift
    if ! [[ $processes =~ ^[1-9][0-9]*$ ]]; then
        echo "GPUS must be a positive number of processes, got \"$processes\"" >&2
        exit 2
    fi
    local nodes=${NNODES:-1} meet
    if [ "$nodes" -gt 1 ]; then
        : "${MASTER_ADDR:?NNODES=$nodes needs MASTER_ADDR, the name of the first machine}"
        : "${NODE_RANK:?NNODES=$nodes needs NODE_RANK, 0 on the first machine}"
        meet=("--nnodes=$nodes" "--node_rank=$NODE_RANK" "--master_addr=$MASTER_ADDR"
              "--master_port=${PORT:-29500}")
    elif [ -n "${PORT:-}" ]; then
        meet=("--nnodes=1" "--master_addr=127.0.0.1" "--master_port=$PORT")
    else
        # A free port: two jobs on one machine do not meet.
        meet=(--standalone)
    fi
    if [ -z "${OMP_NUM_THREADS:-}" ]; then
        local threads=$(($(nproc) / processes))
        export OMP_NUM_THREADS=$((threads > 0 ? threads : 1))
    fi
    export PYTHONPATH="$(dirname "$tools")${PYTHONPATH:+:$PYTHONPATH}"
    exec "${PYTHON:-python}" -m torch.distributed.run "${meet[@]}" \
        "--nproc_per_node=$processes" "$@"
}
