"""What a process keeps of the memory it frees."""

import os
import subprocess
import sys

import pytest

SCRIPT = """
import resource, torch
from mmxkd.apis.memory import keep_freed_memory
kept = {keep}
def faults():
    for size in (12_000_000, 10_000_000) * 5:
        torch.ones(size)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
before = faults()
print(kept, faults() - before)
"""


def run(keep, **variables):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MALLOC_", "GLIBC_TUNABLES", "LD_PRELOAD"))}
    script = SCRIPT.format(keep="keep_freed_memory()" if keep else "None")
    env = clean | {"OMP_NUM_THREADS": "1"} | variables
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True)
    kept, faults = done.stdout.split()
    return kept, int(faults)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc only")
def test_pages_of_freed_tensors_are_used_again():
    _, anew = run(keep=False)
    kept, again = run(keep=True)
    assert anew > 50_000  # of 4 KiB: ten tensors of 40 MB and more
    assert kept == "True"
    assert again < anew / 10


def test_what_the_user_chose_stays():
    assert run(keep=True, MALLOC_TRIM_THRESHOLD_="131072")[0] == "False"
