"""What trains and predicts on a CPU does so on a device of another kind, with the same numbers."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from torch.utils import backend_registration

from mmxkd.apis.configs import load_config

sys.path.insert(0, str(Path(__file__).parent))
from test_smoke import CONFIGS, QUICK, ROOT

#: Outside of CPUs a GRU is one kernel, which the device of these tests lacks.
WITHOUT_KERNEL = "ObjectMemoryAnticipator"
pytestmark = pytest.mark.skipif(
    not hasattr(backend_registration, "_setup_privateuseone_for_python_backend"), reason="this PyTorch has no devices made in Python"
)


def compare(paths: list[str], folder: Path) -> list[str]:
    """Compare in a process of its own; return what it says about each config."""
    (folder / "configs").symlink_to(ROOT / "configs")
    command = [sys.executable, ROOT / "tests" / "configs" / "step_elsewhere.py", *paths]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment, check=False)
    told = [line for line in done.stdout.splitlines() if line.startswith(("SAME ", "DIFFERS "))]
    assert len(told) == len(paths), done.stderr[-2000:]
    return told


def test_one_of_each_system(tmp_path):
    paths = sorted(QUICK)
    assert compare(paths, tmp_path) == [f"SAME {path}" for path in paths]


@pytest.mark.long
@pytest.mark.parametrize("folder", sorted({Path(path).parent.as_posix() for path in CONFIGS}))
def test_every_config(folder, tmp_path):
    inside = [path for path in CONFIGS if Path(path).parent.as_posix() == folder]
    paths = [path for path in inside if load_config(path).model.type != WITHOUT_KERNEL]
    assert compare(paths, tmp_path) == [f"SAME {path}" for path in paths]
