"""Fixtures every test may use."""

import os
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    """Tiny shapes: more threads only cost."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of reference cases and real data; tests that need it skip by name without it."""
    path = Path(os.environ.get("MMXKD_SHARED", ROOT.parent / "shared"))
    if not (path / "reference").is_dir():
        pytest.skip(f"no reference data at {path} (set MMXKD_SHARED)")
    return path


@pytest.fixture(scope="session")
def repo() -> Path:
    """Root of the repository."""
    return ROOT
