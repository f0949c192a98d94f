#!/usr/bin/env bash
# Train under SLURM: tools/slurm_train.sh PARTITION JOB_NAME CONFIG [arguments of tools/train.py]
# GPUS (8), GPUS_PER_NODE (8; 0 for CPU), CPUS_PER_TASK (5) and SRUN_ARGS shape the job. PYTHON names the interpreter.
set -euo pipefail
[ $# -ge 3 ] || { sed -n 2,3p "$0" >&2; exit 2; }
PARTITION=$1 JOB_NAME=$2 CONFIG=$3
shift 3
TOOLS=$(cd "$(dirname "$0")" && pwd)
PYTHON=${PYTHON:-python}
export PYTHONPATH="$TOOLS/..${PYTHONPATH:+:$PYTHONPATH}"
GPUS=${GPUS:-8} GPUS_PER_NODE=${GPUS_PER_NODE:-8}
GRES=() TASKS_PER_NODE=$GPUS
if [ "$GPUS_PER_NODE" -gt 0 ]; then
  GRES=("--gres=gpu:$GPUS_PER_NODE")
  TASKS_PER_NODE=$((GPUS < GPUS_PER_NODE ? GPUS : GPUS_PER_NODE))
fi

# What is missing is said once, before the job is queued.
"$PYTHON" "$TOOLS/train.py" "$CONFIG" --check "$@"
# shellcheck disable=SC2086
exec srun -p "$PARTITION" --job-name="$JOB_NAME" "${GRES[@]}" --ntasks="$GPUS" --ntasks-per-node="$TASKS_PER_NODE" \
  --cpus-per-task="${CPUS_PER_TASK:-5}" --kill-on-bad-exit=1 --signal=TERM@${GRACE:-120} ${SRUN_ARGS:-} \
  "$PYTHON" -u "$TOOLS/train.py" "$CONFIG" --launcher slurm "$@"
