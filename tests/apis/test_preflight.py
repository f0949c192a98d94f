from argparse import Namespace

import pytest
import torch

from mmxkd.apis.preflight import check_testing, check_training
from mmxkd.apis.test import prepare_test
from mmxkd.apis.train import prepare_training
from mmxkd.errors import ConfigError

KD = """
model = dict(
    type="ToyDistiller",
    student=dict(type="ToyNet", init_cfg=dict(type="Pretrained", checkpoint="no/init.pth")),
    teacher=dict(checkpoint="no/teacher_*.pth", hint="tools/train.py teacher.py"),
)
"""


def refusal(function, *args, **kwargs):
    with pytest.raises(ConfigError) as error:
        function(*args, **kwargs)
    return str(error.value)


def test_everything_missing_is_named_at_once(toy_config):
    options = {"train_dataloader.dataset.root": "no/data", "val_dataloader.dataset.root": "no/data", "load_from": "no/start.pth"}
    message = refusal(prepare_training, toy_config(KD), options=options)
    assert message.splitlines() == [
        "training cannot start here:",
        "  - train_dataloader.dataset.root, val_dataloader.dataset.root='no/data': no folder no/data. To prepare: tools/data/make_toys.py",
        "  - model.student.init_cfg.checkpoint='no/init.pth': no such file. To prepare: convert an official checkpoint with "
        "tools/convert_checkpoint.py",
        "  - model.teacher.checkpoint='no/teacher_*.pth': no such file. To prepare: tools/train.py teacher.py",
        "  - load_from='no/start.pth': no such file. To prepare: train one first, or leave load_from and --resume out",
    ]


def test_files_inside_a_folder_that_exists(toy_config, tmp_path):
    options = {"train_dataloader.dataset.root": str(tmp_path)}
    message = refusal(prepare_training, toy_config(), options=options)
    assert message.startswith(f"training cannot start here: train_dataloader.dataset.list='list.txt': no file {tmp_path}/list.txt.")
    (tmp_path / "list.txt").touch()
    prepare_training(toy_config(), options=options)


def test_teacher_pattern_that_matches(toy_config, tmp_path):
    (tmp_path / "teacher_7.pth").touch()
    options = {"model.teacher.checkpoint": f"{tmp_path}/teacher_*.pth", "model.student.init_cfg": None}
    prepare_training(toy_config(KD), options=options)
    (tmp_path / "teacher_8.pth").touch()
    assert "2 files match, " in refusal(prepare_training, toy_config(KD), options=options)


def test_a_test_needs_neither_teacher_nor_training_data(toy_config, tmp_path):
    torch.save({"state_dict": {}, "meta": {}}, tmp_path / "a.pth")
    cfg = prepare_test(toy_config(KD), tmp_path / "a.pth", options={"train_dataloader.dataset.root": "no/data"})
    assert cfg.model.type == "ToyNet"
    assert "train_dataloader" not in cfg


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such file. To prepare: train one with tools/train.py"),
        ({"model": {}}, "has no 'state_dict'; convert official checkpoints"),
        (b"", "not a readable checkpoint"),
        ({"state_dict": {}, "args": Namespace()}, "holds more than weights"),
    ],
)
def test_checkpoints_that_cannot_be_tested(toy_config, tmp_path, content, message):
    path = tmp_path / "a.pth"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        torch.save(content, path)
    refused = refusal(prepare_test, toy_config(), path)
    assert refused.startswith(f"testing cannot start here: load_from='{path}'")
    assert message in refused


def test_data_sets_of_other_libraries_and_wrapped_ones(toy_config):
    cfg = prepare_training(toy_config())
    cfg.train_dataloader.dataset = dict(
        type="ConcatDataset", datasets=[dict(type="ToyDataset"), dict(type="mmengine.BaseDataset", data_root="no", ann_file="x.json")]
    )
    message = refusal(check_training, cfg)
    assert "train_dataloader.dataset.datasets[1].data_root='no': no such file or folder" in message
    assert "train_dataloader.dataset.datasets[1].ann_file='x.json'" in message
    cfg.test_dataloader = None
    check_testing(cfg)
