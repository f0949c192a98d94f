"""The pages say what is there: commands, options, configs, paths, links and code."""

import argparse
import contextlib
import io
import os
import re
import runpy
import shlex
import subprocess
import sys
import tomllib
from functools import cache
from itertools import product
from pathlib import Path

import pytest
import torch
import yaml

from mmxkd.apis.configs import ConfigOptions, check_config, find_student, load_config
from mmxkd.apis.zoo_tables import update
from mmxkd.commands.completion import list_options
from mmxkd.commands.main import find_command
from mmxkd.registry import MODELS
from mmxkd.version import __version__

sys.path.insert(0, str(Path(__file__).parent))

from pages import PAGES, ROOT, anchors, blocks, command_lines, inline_code, links

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
#: What the pages tell a reader to write.
YOURS = ("configs/mine/", "mmxkd/distill/losses/standardized_kl.py", "tests/distill/test_standardized_kl.py")
OF_SCRIPT = {
    "tools/dist_train.sh": "tools/train.py",
    "tools/slurm_train.sh": "tools/train.py",
    "tools/dist_test.sh": "tools/test.py",
    "tools/slurm_test.sh": "tools/test.py",
}


@cache
def help_of(script):
    out = io.StringIO()
    argv, sys.argv = sys.argv, [script, "--help"]
    try:
        with contextlib.redirect_stdout(out), pytest.raises(SystemExit) as ended:
            runpy.run_path(str(ROOT / script), run_name="__main__")
    finally:
        sys.argv = argv
    assert ended.value.code == 0, script
    return out.getvalue()


def check_mmxkd(words, line):
    """Check the command and the options of an ``mmxkd`` line."""
    if words[0] == "--help":
        return
    _, command = find_command(words)
    options = {word.split("=")[0] for word in words if word.startswith("--")}
    assert options <= {*list_options(command), "--help"}, line
    configs = [word for word in words if re.match(r"configs/.*\.py$", word) and not word.startswith(YOURS)]
    assert [config for config in configs if not (ROOT / config).is_file()] == [], line


def cfg_options(words):
    """Return the key=value pairs behind ``--cfg-options`` as the command lines read them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cfg-options", nargs="+", action=ConfigOptions, default={})
    return parser.parse_known_args(words)[0].cfg_options


def expand(path):
    """Return the paths of a shell pattern with braces."""
    parts = [part[1:-1].split(",") if part.startswith("{") else [part] for part in re.split(r"(\{[^}]*\})", path)]
    return ["".join(choice) for choice in product(*parts)]


@each_page
def test_commands_exist_with_these_options(page, monkeypatch):
    monkeypatch.chdir(ROOT)
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for line in command_lines(page):
        words = shlex.split(line, comments=True)
        if words[:1] == ["make"]:
            assert words[1] in targets, line
        if "mmxkd" in words[:1] + words[2:3]:
            check_mmxkd(words[words.index("mmxkd") + 1 :], line)
            continue
        script = next((word for word in words if re.match(r"tools/.*\.(py|sh)$", word)), None)
        if script is None:
            continue
        assert (ROOT / script).is_file(), line
        arguments = words[words.index(script) + 1 :]
        options = {word.split("=")[0] for word in arguments if word.startswith("--")}
        if options:
            known = help_of(OF_SCRIPT.get(script, script))
            assert {option for option in options if not re.search(rf"(?<![\w-]){option}(?![\w-])", known)} == set(), line
        configs = [word for word in arguments if re.match(r"configs/.*\.py$", word) and not word.startswith(YOURS)]
        assert [config for config in configs if not (ROOT / config).is_file()] == [], line
        if configs and cfg_options(arguments):
            check_config(load_config(configs[0], cfg_options(arguments)))


@each_page
def test_paths_of_the_repository_exist(page):
    named = [
        code for code in inline_code(page) if re.fullmatch(r"(configs|mmxkd|tools|tests|docs|requirements|benchmarks)/[\w{},*./-]+", code)
    ]
    for path in (path for code in named if not code.startswith(YOURS) for path in expand(code)):
        assert list(ROOT.glob(path.rstrip("/"))), f"{path} is named and not there"


@each_page
def test_tests_that_are_named_exist(page):
    for code in inline_code(page):
        path, _, test = code.partition("::")
        if path.startswith("tests/") and test:
            assert f"def {test}(" in (ROOT / path).read_text(), code


@each_page
def test_checkpoints_are_of_epochs_that_are_trained(page):
    for name, epoch in set(re.findall(r"work_dirs/(\w+)/epoch_(\d+)\.pth", page.read_text())):
        for path in ROOT.glob(f"configs/*/{name}.py"):
            assert int(epoch) <= load_config(path).train_cfg.max_epochs, f"{path} ends before epoch {epoch}"


@each_page
def test_links_lead_somewhere(page):
    for target in links(page):
        path, _, anchor = target.partition("#")
        other = (page.parent / path).resolve() if path else page
        assert other.exists(), target
        assert not anchor or anchor in anchors(other), target


def test_python_blocks_run(tmp_path):
    pages = [page for page in PAGES if any(block.language == "python" for block in blocks(page))]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    script = Path(__file__).with_name("run_blocks.py")
    done = subprocess.run(
        [sys.executable, str(script), *map(str, pages)], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert len(pages) >= 5


@pytest.mark.parametrize(("system", "points"), [("dvfl", 21), ("anticipation", 21), ("groundnlq", 19), ("vidlankd", 20)])
def test_every_deviation_has_its_number(system, points):
    page = (ROOT / f"docs/deviations/{system}.md").read_text()
    assert [int(number) for number in re.findall(r"^(\d+)\. \*\*", page, re.MULTILINE)] == list(range(1, points + 1))
    decided = re.split(r"^\d+\. \*\*|^## ", page, flags=re.MULTILINE)[1 : points + 1]
    assert [point.splitlines()[0] for point in decided if "*Here:*" not in point] == []
    assert f"(deviations/{system}.md), {points} points" in (ROOT / "docs/deviations.md").read_text()


def read_metafile(system):
    return yaml.safe_load((ROOT / f"configs/{system}/metafile.yml").read_text())


@pytest.mark.parametrize("system", ["anticipation", "dvfl", "groundnlq", "vidlankd"])
def test_metafile_names_every_config(system):
    content = read_metafile(system)
    assert all((ROOT / collection["README"]).is_file() for collection in content["Collections"])
    recipes = {f"configs/{system}/{path.name}" for path in ROOT.glob(f"configs/{system}/*.py")}
    if system == "dvfl":
        recipes = {name for name in recipes if re.search(r"_(teacher(_[bst])?|student|kd)\.py$", name) and "authors" not in name}
    assert sorted(model["Config"] for model in content["Models"]) == sorted(recipes)
    collections = {collection["Name"] for collection in content["Collections"]}
    for model in content["Models"]:
        assert Path(model["Config"]).stem == model["Name"]
        assert model["In Collection"] in collections
        assert all({"Task", "Dataset", "Published", "Measured"} == set(result) for result in model["Results"])


def test_tables_of_figures_are_what_the_metafiles_say():
    assert update(sorted(path.parent for path in ROOT.glob("configs/*/metafile.yml")), check=True) == [], "run tools/zoo_tables.py"


def test_published_figures_are_in_the_configs_of_dvfl():
    for model in read_metafile("dvfl")["Models"]:
        published = model["Results"][0]["Published"]
        assert not published or str(published["Top 1 Accuracy"]) in (ROOT / model["Config"]).read_text()


@pytest.mark.parametrize(
    ("system", "name"),
    [
        ("anticipation", "egtea_avt_tsn"),
        ("anticipation", "ek55_text_bert"),
        ("anticipation", "ek55_text_object_memory"),
        ("dvfl", "hmdb51_teacher_t"),
        ("dvfl", "ucf101_kd"),
        ("groundnlq", "ego4d_nlq_nano_kd"),
        ("groundnlq", "ego4d_nlq_star_scratch"),
        ("vidlankd", "howto100m_teacher_small"),
        ("vidlankd", "wiki103_student_small_mlm"),
    ],
)
def test_metafile_counts_parameters(system, name):
    (model,) = (model for model in read_metafile(system)["Models"] if model["Name"] == name)
    config = find_student(load_config(ROOT / model["Config"])).model
    with torch.device("meta"):
        built = MODELS.build({key: value for key, value in config.items() if key != "init_cfg"})
    assert sum(parameter.numel() for parameter in built.parameters()) == model["Metadata"]["Parameters"]


def build_site(folder):
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_site_builds_without_a_warning_and_has_every_page(tmp_path):
    done = build_site(tmp_path / "site")
    assert done.returncode == 0, done.stdout + done.stderr
    pages = [page.relative_to(ROOT) for page in [*PAGES, ROOT / "benchmarks/results/README.md"]]
    pages = [page.with_name("index.html") if page.name == "README.md" else page.with_suffix(".html") for page in pages]
    assert [page for page in pages if not (tmp_path / "site" / page).is_file()] == []
    # Links to files of the repository hold on the site as they do in it.
    assert (tmp_path / "site/configs/dvfl/ucf101_kd.py").read_text() == (ROOT / "configs/dvfl/ucf101_kd.py").read_text()


def test_output_keys_are_those_of_the_models():
    """The keys that docs/stability.md promises are given by the models it names."""
    examples = {
        "VideoRecognizer": "dvfl/ucf101_student",
        "AVT": "anticipation/ek55_avt",
        "TextAnticipator": "anticipation/ek55_text_bert_small",
        "ObjectMemoryAnticipator": "anticipation/ek55_text_object_memory",
        "TextClassifier": "vidlankd/glue/qnli",
        "BertMLM": "vidlankd/wiki103_student_small_mlm",
        "VideoLanguageModel": "vidlankd/howto100m_teacher_small",
        "MomentLocalizer": "groundnlq/ego4d_nlq_nano",
    }
    available = {}
    for name, config in examples.items():
        model = load_config(ROOT / f"configs/{config}.py").model
        with torch.device("meta"):
            available[name] = MODELS.build({key: value for key, value in model.items() if key != "init_cfg"}).available()
    table = (ROOT / "docs/stability.md").read_text().split("| given by |")[1].splitlines()[2:]
    promised = [
        [re.findall(r"`([^`]+)`", cell) for cell in (line.split("|")[1], line.split("|")[3])] for line in table if line.startswith("|")
    ]
    assert {name for _, models in promised for name in models} == set(examples)
    assert [(key, model) for keys, models in promised for model in models for key in keys if key not in available[model]] == []


def test_the_install_page_tells_every_extra():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert set(re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/install.md").read_text(), re.M)) == set(extras)


def test_the_citation_is_of_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == __version__
    assert {"cff-version", "message", "title", "authors", "license"} <= set(citation)
