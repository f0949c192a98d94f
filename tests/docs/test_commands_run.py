"""The commands of every page run, in order and as they stand there, on miniature data put where the page has the real ones.

Configs come out small (``small_configs``). Before a command, what its configs read and nobody has made yet is put in place: data, weights,
teachers. What the commands of a page make stays for those behind them.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mmxkd.apis.configs import load_config

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "configs"))
sys.path.append(str(Path(__file__).parent / "small_configs"))

import given
from miniature import save, write_data, write_weights
from pages import PAGES, ROOT, blocks
from small import small_options

#: What is not run here -> why, or the file that tests it and what shows this there.
ELSEWHERE = {
    r"^(make|pip|source|apt-get|mkdir) ": "sets up machines",
    r"--localizer CONFIG": "leaves everything open; docs/groundnlq.md has it whole",
    r"benchmarks\.kills": ("tests/benchmarks/test_kills.py", "from benchmarks.kills"),
    r"benchmarks\.fuzz": ("tests/benchmarks/test_fuzz.py", "from benchmarks.fuzz"),
    r"NNODES=|slurm_": ("tests/apis/test_command_lines.py", "slurm_train.sh"),
    r"RESTARTS=": ("tests/engine/test_elastic.py", "RESTARTS="),
    r"convert_checkpoint\.py|converted\.pth|video_focalnet_base_ucf101\.pth": ("tests/convert/test_dvfl.py", "convert_file("),
    r"teacher/convert\.py": ("tests/convert/test_predictions.py", "convert_predictions("),
    r"check_parity\.py": ("tests/parity/test_parity.py", "check_folder"),
    r"try_it\.py": ("tests/apis/test_try_it.py", "build_page"),
    r"ablate_kd\.py": ("tests/apis/test_experiments.py", "ablation_settings"),
    r"puppet_standardized": ("tests/distill/test_add_a_loss.py", "puppet_standardized"),
    r"fight2": ("tests/end_to_end/test_real_clips.py", "fight2"),
    r"work_dirs/(demo-groundnlq|grounder)": ("tests/apis/test_demo_groundnlq.py", "in_miniature"),
    r"train\.py configs/puppet/vidlankd_kd": ("tests/apis/test_demo_vidlankd.py", "run_demo"),
    r"--format executorch": ("tools/check_wheel.sh", "executorch"),
}
#: What the pages leave open.
PLACES = {
    "CONFIG": "configs/dvfl/ucf101_kd.py",
    "CKPT": "work_dirs/ucf101_kd/epoch_120.pth",
    "STORE": "out/store",
    "DIR": "out/pictures",
    "WORK_DIR": "work_dirs/ucf101_kd",
    "VIDEO": "clip.mp4",
    "VIDEO_OR_FOLDER": "clips",
    "GROUNDER": "grounder.pth",
    "VIDEOS": "clips",
}
SIZES = {
    r"make_puppet\.py data/puppet$": " --train-groups 2 --test-groups 1 --clips 1",
    r"make_puppet\.py data/puppet_long --kind long$": " --train-videos 16 --val-videos 2 --recipes 40 --documents 40 --pairs 8",
}


def commands(page):
    """Return the command lines of a page that are run here."""
    text = "\n".join(block.text for block in blocks(page) if block.language == "bash").replace("\\\n", " ")
    lines = [shlex.join(shlex.split(line, comments=True)) for line in text.splitlines()]
    return [line for line in lines if line and not any(re.search(pattern, line) for pattern in ELSEWHERE)]


def adapted(line):
    """Return the line with a miniature's sizes, one process and one seed, and with files where the page leaves them open."""
    line = line.replace("take milk, open fridge", "take0 pan0, take1 pan1")  # the actions of the miniature
    line = line.replace("videos/Archery", "videos/Class000").replace("videos/Diving", "videos/Class001")
    line = line.replace("--seeds 3", "--seeds 1").replace("--seeds 0 1 2", "--seeds 0")
    line = re.sub(r"(dist_(?:train|test)\.sh .*?) \d+( --|$)", r"\1 1\2", line)
    for pattern, sizes in SIZES.items():
        line += sizes if re.search(pattern, line) else ""
    places = PLACES | next((places for pattern, places in given.PLACES.items() if re.search(pattern, line)), {})
    return re.sub(r"(?<![\w/])[A-Z][A-Z_]+(?![\w=/.])", lambda match: places.get(match[0], match[0]), line)


def small(path, options=None):
    """Return a config as the processes read it."""
    return load_config(path, {**small_options(load_config(path)), **(options or {})})


def put_in_place(line, home, ours):
    """Put there what the configs of a command read and what it names, unless it is there."""
    words = shlex.split(line)
    for word in [word for word in words if re.fullmatch(r"configs/(?!features/).*\.py", word)]:
        config = small(word)
        scratch = home.parent / "scratch"  # kept: stores grow from command to command
        scratch.mkdir(exist_ok=True)
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(scratch)
            if not word.startswith("configs/mine/"):
                write_data(config)
            write_weights(config)
        add_missing(scratch, home, ours)
    for number, word in enumerate(words):
        trained = re.fullmatch(r"(?:.*=)?(work_dirs/(\w+)/(?:epoch|iter)_\d+\.pth)", word)
        if trained and not (home / trained[1]).exists() and not take_first(home / trained[1]):
            config = small(given.config_of(trained[2], words[:number]))
            save(str(home / trained[1]), config.model.get("student", config.model))


def add_missing(scratch, home, ours):
    """Copy what is not there yet into folders that no command has made, and checkpoints; ``ours`` are the files put there so far."""
    made = {path for path in home.rglob("*") if path.is_dir()} - {path.parent for path in ours}
    for path in sorted(path for path in scratch.rglob("*") if path.is_file()):
        target = home / path.relative_to(scratch)
        if target.suffix == ".pth" and (target.exists() or take_first(target)):
            continue
        if target.suffix != ".pth" and target not in ours and (target.exists() or target.parent in made):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        ours.add(target)
        shutil.copy2(path, target)


def take_first(checkpoint):
    """Let the checkpoint of the first epoch or step stand for a later one; return whether there is one."""
    first = [path for name in ("epoch_1.pth", "iter_1.pth") if (path := checkpoint.with_name(name)).exists()]
    if first and not checkpoint.name.startswith("best_"):
        shutil.copy2(first[0], checkpoint)
    return bool(first)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A folder as a user's clone, with configs of its own to add."""
    folder = tmp_path / "home"
    (folder / "configs").mkdir(parents=True)
    for path in (ROOT / "configs").iterdir():
        (folder / "configs" / path.name).symlink_to(path)
    for name in ("tools", "benchmarks", "tests"):
        (folder / name).symlink_to(ROOT / name)
    monkeypatch.chdir(folder)
    return folder


def test_what_is_not_run_here_is_tested_there():
    found = {named: named[1] in (ROOT / named[0]).read_text() for named in ELSEWHERE.values() if isinstance(named, tuple)}
    assert [named for named, there in found.items() if not there] == []
    lines = [line for page in PAGES for block in blocks(page) if block.language == "bash" for line in block.text.splitlines()]
    assert [pattern for pattern in ELSEWHERE if not any(re.search(pattern, line) for line in lines)] == []


@pytest.mark.long
@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)], ids=lambda page: page.stem)
def test_the_commands_of_a_page_run(page, home):
    for block in blocks(page):
        mine = re.match(r"# (configs/mine/\S+\.py)\n", block.text)
        if block.language == "python" and mine:
            given.write(home / mine[1], block.text)
    given.WRITERS.get(page.stem, lambda: None)()
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "PYTHONPATH": f"{ROOT / 'tests/docs/small_configs'}:{home}", "OMP_NUM_THREADS": "1"}
    environment["PORT"] = str(20000 + os.getpid() % 9000)
    ours = set()
    for line in [*given.BEFORE.get(page.stem, []), *commands(page)]:
        line = adapted(line)
        put_in_place(line, home, ours)
        done = subprocess.run(line, shell=True, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{line}\n{done.stdout[-1500:]}\n{done.stderr[-2500:]}"
