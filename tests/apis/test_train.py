import pytest
import torch
from mmengine.config import Config

from mmxkd.apis.train import find_last_checkpoint, prepare_training, set_resume, share_seed, train, use_autocast
from mmxkd.errors import ConfigError, DataError


def test_last_checkpoint(tmp_path):
    assert find_last_checkpoint(tmp_path / "none") is None
    for name in ("epoch_2.pth", "epoch_10.pth", "best_top1_epoch_2.pth"):
        (tmp_path / name).touch()
    assert find_last_checkpoint(tmp_path) == tmp_path / "epoch_10.pth"
    note = tmp_path / "last_checkpoint"
    note.write_text(str(tmp_path / "epoch_2.pth"))
    assert find_last_checkpoint(tmp_path) == tmp_path / "epoch_2.pth"
    note.write_text("/moved/away/epoch_2.pth")
    assert find_last_checkpoint(tmp_path) == tmp_path / "epoch_2.pth"
    for broken in ("", "/gone/epoch_7.pth"):
        note.write_text(broken)
        assert find_last_checkpoint(tmp_path) == tmp_path / "epoch_10.pth"


def test_what_is_resumed_from(tmp_path):
    def resolve(resume, load_from=None):
        cfg = Config(dict(resume=False, load_from=load_from, work_dir=str(tmp_path)))
        set_resume(cfg, resume)
        return cfg.resume, cfg.load_from

    assert resolve(True, "start.pth") == (False, "start.pth")
    (tmp_path / "epoch_1.pth").touch()
    assert resolve(True, "start.pth") == (True, str(tmp_path / "epoch_1.pth"))
    assert resolve(False, "start.pth") == (False, "start.pth")
    (tmp_path / "other.pth").touch()
    assert resolve(str(tmp_path / "other.pth")) == (True, str(tmp_path / "other.pth"))
    with pytest.raises(ConfigError, match=r"--resume no\.pth: no such file"):
        resolve("no.pth")


def test_autocast():
    cfg = Config(dict(optim_wrapper=dict(optimizer=dict(type="SGD"))))
    use_autocast(cfg)
    assert cfg.optim_wrapper.type == "AutocastOptimWrapper"
    assert cfg.optim_wrapper.dtype == "bfloat16"
    half = Config(dict(optim_wrapper=dict(type="AutocastOptimWrapper", dtype="float16")))
    use_autocast(half)
    assert half.optim_wrapper.dtype == "float16"
    with pytest.raises(ConfigError, match=r"optim_wrapper.type='AmpOptimWrapper'"):
        use_autocast(Config(dict(optim_wrapper=dict(type="AmpOptimWrapper"))))


def test_seed_reaches_the_data_sets(toy_config):
    cfg = prepare_training(toy_config(), options={"randomness.seed": 5, "val_dataloader.dataset.seed": 9})
    assert (cfg.train_dataloader.dataset.seed, cfg.val_dataloader.dataset.seed) == (5, 9)
    bare = Config(dict())
    share_seed(bare)
    assert bare.randomness.seed == 0
    with pytest.raises(ConfigError, match=r"randomness\.seed=None; accepted: an integer"):
        share_seed(Config(dict(randomness=dict(seed=None))))


def test_scaling_needs_to_know_what_the_rate_is_meant_for(toy_config):
    with pytest.raises(ConfigError, match=r"no auto_scale_lr\.base_batch_size"):
        prepare_training(toy_config(), auto_scale_lr=True)
    cfg = prepare_training(toy_config(), auto_scale_lr=True, options={"auto_scale_lr.base_batch_size": 8})
    assert cfg.auto_scale_lr.enable is True


@pytest.mark.parametrize(
    ("options", "message"),
    [({"model.widht": 3}, "model.widht: ToyNet takes no such argument"), ({"train_cfg": None}, "train_cfg is not set; training needs it")],
)
def test_configs_that_cannot_train(toy_config, options, message):
    with pytest.raises(ConfigError, match=message):
        prepare_training(toy_config(), options=options)


def test_distiller_is_prepared_judged_and_kept_up_to_date(toy_config, tmp_path):
    lines = "model = dict(type='ToyDistiller', student=dict(type='ToyNet'), teacher=None)\ncustom_hooks = [dict(type='EMAHook')]"
    runner = train(toy_config(lines), work_dir=str(tmp_path / "run"), amp=True, options={"train_cfg.max_epochs": 2})
    calls = runner.model.calls
    assert calls[:3] == ["prepare", "gate on 20", (0, 10, 0, 2)]
    assert calls[-1] == (9, 10, 1, 2)
    checkpoint = torch.load(tmp_path / "run/epoch_2.pth", weights_only=True)
    assert {key.partition(".")[0] for key in checkpoint["state_dict"]} == {"fc1", "norm", "fc2", "distill"}
    own = runner.model.state_dict()
    assert set(checkpoint["ema_state_dict"]) == {"steps", *(f"module.{key}" for key in own)}
    assert all(torch.equal(checkpoint["ema_state_dict"][f"module.{key}"], value) for key, value in own.items())
    assert not torch.equal(checkpoint["state_dict"]["fc1.weight"], own["fc1.weight"])


def test_run_stops_at_other_classes_in_validation(toy_config, tmp_path):
    options = {"val_dataloader.dataset.classes": ["a", "x", "c"]}
    with pytest.raises(DataError, match=r"train_dataloader.dataset has abc .* first difference at label 1: 'b' against 'x'"):
        train(toy_config(), work_dir=str(tmp_path), options=options)
