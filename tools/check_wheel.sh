#!/usr/bin/env bash
# Build the wheel, install it into a clean environment and import every module of it from there.
set -euo pipefail
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
.venv/bin/python -m pip wheel -q --no-deps -w "$scratch" .
python3 -m venv "$scratch/venv"
pip=("$scratch/venv/bin/python" -m pip --disable-pip-version-check)
"${pip[@]}" install -q -c requirements/constraints.txt setuptools wheel
"${pip[@]}" install -q -c requirements/constraints.txt torch
"${pip[@]}" install -q -c requirements/constraints.txt "$(ls "$scratch"/mmxkd-*.whl)[lite,video,vis,features,glue]"
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
