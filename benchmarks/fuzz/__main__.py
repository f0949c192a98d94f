"""Damaged files for every reader of what users hand in: each must return something valid or raise an error of ours.

Hypothesis draws which file of a valid set is changed and how. A finding is another exception, a crash or a hang of the process, or a
value that does not hold: a label out of range, or another label for a line that was not touched.

python -m benchmarks.fuzz --minutes 60 --json fuzz.json
python -m benchmarks.fuzz --targets list --seed 3 --minutes 0.1        # one reader; the same seed, the same inputs
"""

import argparse
import contextlib
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import torch
from hypothesis import HealthCheck, Phase, given, seed, settings

from benchmarks.fuzz.binary import binary_targets
from benchmarks.fuzz.damage import Change, changes, damage
from benchmarks.fuzz.grounding import grounding_targets
from benchmarks.fuzz.language import language_targets
from benchmarks.fuzz.tables import table_targets
from benchmarks.fuzz.target import FindingError, Target
from mmxkd.errors import UserError

#: Name -> target.
TARGETS = {target.name: target for target in chain(table_targets(), grounding_targets(), language_targets(), binary_targets())}
#: Seconds of CPU one input may take, examples of one Hypothesis run, and bytes a child may map beyond what it has.
LIMIT, EXAMPLES, MEMORY = 20, 100, 4 << 30
_HANGS = "takes more than"
_ALARMS = (signal.SIGPROF, signal.SIGALRM)
_SETTINGS = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
    print_blob=False,
)


class HangError(BaseException):
    """An input took longer than ``LIMIT``."""


@dataclass
class Outcome:
    """What became of a target: inputs tried, those refused with an error of ours, and findings by what and where."""

    tried: int = 0
    refused: int = 0
    findings: dict[str, dict[str, Any]] = field(default_factory=dict)


class Fuzzer:
    """Runs one target.

    Args:
        target: what is read.
        folder: for its files.
    """

    def __init__(self, target: Target, folder: Path) -> None:
        self.target, self.valid, self.work = target, folder / "valid", folder / "work"
        self.valid.mkdir(parents=True)
        target.write(self.valid)
        self.files = sorted(str(path.relative_to(self.valid)) for path in self.valid.rglob("*") if path.is_file())
        self.files = [name for name in self.files if name not in target.keep]
        shutil.copytree(self.valid, self.work)
        self.truth = target.labels(target.read(self.work)) if target.labels else {}
        self.outcome = Outcome()
        wrong = self.try_one(self.files[0], [])
        if wrong or self.outcome.refused:
            raise RuntimeError(f"target {target.name}: its own files are not valid: {wrong or 'refused'}")

    def run(self, number: int) -> None:
        """Try one Hypothesis run of inputs, a function of ``number``."""
        latest: dict[str, Any] = {}

        @_SETTINGS
        @seed(number)
        @given(changes())
        def attempt(drawn: tuple[int, list[Change]]) -> None:
            name = self.files[drawn[0] % len(self.files)]
            found = self.try_one(name, drawn[1])
            if found and found not in self.outcome.findings:
                finding = dict(file=name, steps=[str(tuple(step)) for step in drawn[1]], seed=number)
                if found.startswith(_HANGS):  # not worth the time of making it smaller
                    self._note(found, finding)
                else:
                    latest.update(finding, what=found)
                    raise FindingError(found)

        try:
            attempt()
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt) or not latest:
                raise
            self._note(latest.pop("what"), latest)

    def _note(self, what: str, finding: dict[str, Any]) -> None:
        self.outcome.findings[what] = finding
        print(f"  {self.target.name}: {what} ({finding['file']}, --seed {finding['seed']})", flush=True)

    def try_one(self, name: str, steps: Sequence[Change]) -> str:
        """Damage one file, read, put the file back; return what is wrong, if anything."""
        original = (self.valid / name).read_bytes()
        damaged = damage(original, Path(name.removesuffix(".gz")).suffix, list(steps))
        self.outcome.tried += 1
        place = self.work / name
        place.write_bytes(damaged)
        try:
            if self.target.native:
                result = _in_child(lambda: self._read(name, damaged))
            else:
                with _time_limit(LIMIT):
                    result = self._read(name, damaged)
        except HangError:
            result = f"{_HANGS} {LIMIT} s"
        finally:
            place.unlink(missing_ok=True)  # a mapped file must not be truncated below a reader that still holds it
            place.write_bytes(original)
        self.outcome.refused += result == "refused"
        return "" if result == "refused" else result

    def _read(self, name: str, damaged: bytes) -> str:
        try:
            value = self.target.read(self.work)
        except UserError as error:
            message = str(error)
            return "an error without a message" if not message.strip() else "refused"
        except HangError:
            raise
        except BaseException as error:
            return _describe(error)
        try:
            if self.target.check:
                self.target.check(value)
            if self.target.labels and name == self.target.rows:
                _compare(self.truth, self.target.labels(value), (self.valid / name).read_bytes(), damaged)
        except BaseException as error:
            return f"accepted, but {_describe(error)}"
        return ""


def _compare(truth: dict[str, Any], found: dict[str, Any], original: bytes, damaged: bytes) -> None:
    """Raise if a sample whose every line is as it was is given another label."""
    touched = set(original.split(b"\n")) - set(damaged.split(b"\n"))
    for key in found.keys() & truth.keys():
        mentioned = [line for line in touched if key.encode() in line]
        again = sum(key.encode() in line for line in damaged.split(b"\n")) != sum(key.encode() in line for line in original.split(b"\n"))
        if not mentioned and not again and found[key] != truth[key]:
            raise FindingError(f"label of an untouched line changed from {truth[key]!r} to {found[key]!r}")


def _describe(error: BaseException) -> str:
    """Return type, place and first words of an exception: equal for equal causes."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "/mmxkd/" in frame.filename] or frames
    place = f"{'/'.join(Path(ours[-1].filename).parts[-2:])}:{ours[-1].name}" if ours else "?"
    said = str(error).splitlines()[0][:60] if isinstance(error, FindingError) and str(error) else ""
    return f"{type(error).__name__} in {place}" + (f": {said}" if said else "")


@contextmanager
def _time_limit(seconds: int) -> Iterator[None]:
    def ring(*_: object) -> None:
        raise HangError

    former = {number: signal.signal(number, ring) for number in _ALARMS}
    _set_alarms(seconds)
    try:
        yield
    finally:
        _set_alarms(0)
        for number, handler in former.items():
            signal.signal(number, handler)


def _set_alarms(seconds: int) -> None:
    """Ring after so much CPU time, and, for what waits without computing, after much longer by the clock of a busy machine."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.alarm(30 * seconds)


def _in_child(function: Callable[[], str]) -> str:
    """Call ``function`` in a forked process with limits on time and memory; return what it returns, or how the process ended."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(reading)
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
        _set_alarms(LIMIT)  # ends the process; Python code alone could not interrupt a native library
        try:
            os.write(writing, function().encode())
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:
        said = pipe.read().decode()
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        return f"{_HANGS} {LIMIT} s" if number in _ALARMS else f"the process dies of {signal.Signals(number).name}"
    return said


def fuzz(names: Sequence[str], minutes: float, first_seed: int = 0) -> dict[str, Outcome]:
    """Fuzz targets in turn, one Hypothesis run of each, until the time is up; at least one run of each.

    Ctrl-C ends it, too, with what there is.
    """
    with tempfile.TemporaryDirectory() as scratch, contextlib.suppress(KeyboardInterrupt):
        fuzzers = [Fuzzer(TARGETS[name], Path(scratch, name)) for name in names]
        end, number = time.monotonic() + 60 * minutes, first_seed
        while number == first_seed or time.monotonic() < end:
            for fuzzer in fuzzers:
                if number > first_seed and time.monotonic() >= end:
                    break
                fuzzer.run(number)
                done = fuzzer.outcome
                print(f"{fuzzer.target.name}, seed {number}: {done.tried} inputs, {len(done.findings)} findings", flush=True)
            number += 1
    return {fuzzer.target.name: fuzzer.outcome for fuzzer in fuzzers}


def main() -> None:
    """Parse the command line, run, report; exit status 1 if anything was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=1.0, help="in all (%(default)s); every target gets one run at least")
    parser.add_argument(
        "--targets", nargs="+", choices=sorted(TARGETS), default=list(TARGETS), metavar="NAME", help=f"of {', '.join(TARGETS)}"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the first run; each further one is one higher (%(default)s)")
    parser.add_argument("--json", type=Path, help="file of results")
    args = parser.parse_args()
    torch.set_num_threads(1)
    outcomes = fuzz(args.targets, args.minutes, args.seed)
    for name, outcome in outcomes.items():
        print(f"{name:22s} {outcome.tried:8d} inputs, {outcome.refused:8d} refused, {len(outcome.findings)} findings")
    tried, found = sum(one.tried for one in outcomes.values()), sum(len(one.findings) for one in outcomes.values())
    print(f"{tried} inputs to {len(outcomes)} readers, {found} findings")
    if args.json:
        plain = {name: vars(outcome) for name, outcome in outcomes.items()}
        args.json.write_text(json.dumps({"minutes": args.minutes, "seed": args.seed, "tried": tried, "targets": plain}, indent=1) + "\n")
    sys.exit(found > 0)


if __name__ == "__main__":
    main()
