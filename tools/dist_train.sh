#!/usr/bin/env bash
# Train on N processes of this machine: tools/dist_train.sh CONFIG N [arguments of tools/train.py]
# Several machines: start it on each with NNODES, NODE_RANK, MASTER_ADDR (of node 0) and PORT set. PYTHON names the interpreter.
# RESTARTS=N: when a process dies, start all of them again from the last checkpoint, N times at most (implies --resume).
set -euo pipefail
[ $# -ge 2 ] || { sed -n 2,4p "$0" >&2; exit 2; }
CONFIG=$1 PROCESSES=$2
shift 2
TOOLS=$(cd "$(dirname "$0")" && pwd)
PYTHON=${PYTHON:-python}
export PYTHONPATH="$TOOLS/..${PYTHONPATH:+:$PYTHONPATH}" OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
if [ "${RESTARTS:-0}" -gt 0 ] && [[ " $* " != *" --resume"* ]]; then set -- "$@" --resume; fi

# What is missing is said once, before torchrun adds its own report to it.
"$PYTHON" "$TOOLS/train.py" "$CONFIG" --check "$@"
exec "$PYTHON" -m torch.distributed.run \
  --nnodes="${NNODES:-1}" --node_rank="${NODE_RANK:-0}" --master_addr="${MASTER_ADDR:-127.0.0.1}" --master_port="${PORT:-29500}" \
  --nproc_per_node="$PROCESSES" --max_restarts="${RESTARTS:-0}" "$TOOLS/train.py" "$CONFIG" --launcher pytorch "$@"
