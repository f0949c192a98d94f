"""What a process keeps of the memory it frees."""

import os
import subprocess
import sys

import pytest

FAULTS = """
import resource, torch
from mmxkd.apis.memory import keep_freed_memory
kept = {keep}
def faults():
    torch.ones(12_000_000)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
before = faults()
print(kept, faults() - before)
"""


def run(keep, **variables):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MALLOC_", "GLIBC_TUNABLES", "LD_PRELOAD"))}
    script = FAULTS.format(keep="keep_freed_memory()" if keep else "None")
    done = subprocess.run([sys.executable, "-c", script], env=clean | variables, capture_output=True, text=True, check=True)
    kept, faults = done.stdout.split()
    return kept, int(faults)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc only")
def test_pages_of_freed_tensors_are_used_again():
    _, anew = run(keep=False)
    kept, again = run(keep=True)
    assert anew > 1_000  # 48 MB in pages of 4 KiB
    assert (kept, again < 100) == ("True", True)


def test_what_the_user_chose_stays():
    assert run(keep=True, MALLOC_TRIM_THRESHOLD_="131072")[0] == "False"
