#!/usr/bin/env bash
# Build the wheel, install it into a clean environment with all extras, import every module of it from there, predict with it, and test
# what only this environment can do.
# tools/check_wheel.sh [CLIP]: predict on this video instead of a generated one.
set -euo pipefail
clip=${1:+$(realpath "$1")}
cd "$(dirname "$0")/.."
repository=$PWD
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
.venv/bin/python -m pip wheel -q --no-deps -w "$scratch" .
python3 -m venv "$scratch/venv"
pip=("$scratch/venv/bin/python" -m pip --disable-pip-version-check)
"${pip[@]}" install -q -c requirements/constraints.txt setuptools wheel
"${pip[@]}" install -q -c requirements/constraints.txt torch
"${pip[@]}" install -q -c requirements/constraints.txt "$(ls "$scratch"/mmxkd-*.whl)[lite,video,vis,features,glue,onnx,executorch,try]"
# The swap that docs/install.md describes for machines without libGL.
"${pip[@]}" uninstall -q -y opencv-python opencv-contrib-python
"${pip[@]}" install -q -c requirements/constraints.txt --no-deps opencv-contrib-python-headless
cd "$scratch"
venv/bin/python - <<'PY'
import importlib
import pkgutil

import mmxkd

names = [module.name for module in pkgutil.walk_packages(mmxkd.__path__, "mmxkd.")]
for name in names:
    importlib.import_module(name)
print(f"wheel {mmxkd.__version__}: {len(names)} modules imported from {mmxkd.__path__[0].split('/')[-2]}")
PY
# The configs came along; a model of theirs predicts, from one file, through the installed command.
venv/bin/python - <<'PY'
from pathlib import Path

import numpy as np
import torch

import mmxkd
from mmxkd.datasets.puppet.writer import write_video

torch.save({"state_dict": mmxkd.get_model("puppet/dvfl_student").state_dict(), "meta": {}}, "model.pth")
write_video(Path("clip.mp4"), np.random.RandomState(0).randint(0, 255, (24, 64, 64, 3), dtype=np.uint8), 12)
PY
venv/bin/mmxkd export model.pth --config puppet/dvfl_student --out model.safetensors
venv/bin/mmxkd predict model.safetensors "${clip:-clip.mp4}" --top 1
"${pip[@]}" install -q pytest
OMP_NUM_THREADS=1 venv/bin/python -m pytest -q -m executorch "$repository/tests/export"
# Nothing that was loaded may need a display.
if find venv -name '*.so*' -path '*cv2*' -exec ldd {} + 2>/dev/null | grep -q libGL; then echo "OpenCV links libGL" >&2; exit 1; fi
