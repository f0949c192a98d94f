import pytest
import torch
from engine_toys import ToyDistiller, ToyNet

from mmxkd.apis.test import evaluate, prepare_test
from mmxkd.errors import ConfigError, DataError

KD = """
model = dict(type="ToyDistiller", student=dict(type="ToyNet"), teacher=dict(checkpoint="no/teacher.pth"))
custom_hooks = [dict(type="EMAHook"), dict(type="ResumableEarlyStoppingHook", monitor="top1")]
"""


@pytest.fixture
def save(tmp_path):
    def save(model, classes=("a", "b", "c"), name="a.pth"):
        meta = {"dataset_meta": {"classes": classes, "label_map_hash": "".join(classes)}}
        torch.save({"state_dict": model.state_dict(), "meta": meta}, tmp_path / name)
        return tmp_path / name

    return save


def test_distillers_checkpoint_in_both_configs(toy_config, save, tmp_path):
    distiller = ToyDistiller(dict(type="ToyNet"), None)
    distiller.student.init_weights()
    path = save(distiller)
    expected = evaluate(toy_config(KD, "kd.py"), path, work_dir=str(tmp_path / "1"), dump=str(tmp_path / "d.npz"))
    assert expected["num_videos"] == 10
    assert (tmp_path / "d.npz").read_text() == str(list(range(10)))
    assert evaluate(toy_config("", "student.py"), path, work_dir=str(tmp_path / "2")) == expected


def test_checkpoint_of_another_model(toy_config, save, tmp_path):
    with pytest.raises(
        DataError, match=r"a.pth does not fit the model \(ToyNet\): fc1.weight: \(9, 4\) in the checkpoint, \(8, 4\) in the"
    ):
        evaluate(toy_config(), save(ToyNet(width=9)), work_dir=str(tmp_path / "run"))


def test_checkpoint_of_other_classes(toy_config, save, tmp_path):
    message = r"the checkpoint has axc \(3 classes\), test_dataloader.dataset has abc .* label 1: 'x' against 'b'"
    for config in (toy_config(), toy_config(name="bare.py", runtime=False)):
        with pytest.raises(DataError, match=message):
            evaluate(config, save(ToyNet(), classes=("a", "x", "c")), work_dir=str(tmp_path / "run"))


def test_hooks_of_the_user(toy_config, save):
    lines = """
    custom_hooks = [
        dict(type="EMAHook"),
        dict(type="EarlyStoppingHook", monitor="top1"),
        dict(type="IterTimerHook"),
        dict(type="ProfilerHook"),
    ]
    """
    cfg = prepare_test(toy_config(lines), save(ToyNet()))
    assert [hook.type for hook in cfg.custom_hooks] == ["IterTimerHook"]


def test_wrong_arguments(toy_config, save, tmp_path):
    path = save(ToyNet())
    for kwargs, message in (
        (dict(dump="x.pkl"), "--dump x.pkl: accepted: a file ending in .npz"),
        (dict(views="4x2"), "--views 4x2; accepted: CLIPSxCROPS"),
        (dict(views="4x3"), "0 of SampleFrames; --views needs exactly one"),
    ):
        with pytest.raises(ConfigError, match=message):
            evaluate(toy_config(), path, work_dir=str(tmp_path / "run"), **kwargs)
    with pytest.raises(ConfigError, match="test_evaluator is not set"):
        evaluate(toy_config("test_evaluator = None"), path)
