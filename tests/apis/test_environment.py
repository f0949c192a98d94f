import pytest
from mmengine.config import Config

from mmxkd.apis.environment import check_sharding, init_environment, map_slurm, wrap_for_cpu
from mmxkd.errors import ConfigError

SLURM = {"SLURM_PROCID": "3", "SLURM_NTASKS": "4", "SLURM_LOCALID": "1", "SLURM_NNODES": "1"}


def test_slurm_variables_become_torchruns():
    expected = {"RANK": "3", "WORLD_SIZE": "4", "LOCAL_RANK": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29500"}
    assert map_slurm(SLURM) == expected
    assert map_slurm(SLURM | {"MASTER_ADDR": "n1", "MASTER_PORT": "7"})["MASTER_ADDR"] == "n1"
    assert map_slurm({"SLURM_PROCID": "0", "SLURM_NTASKS": "1"})["LOCAL_RANK"] == "0"


def test_several_nodes_need_a_master(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    nodes = SLURM | {"SLURM_NNODES": "2", "SLURM_NODELIST": "n[1-2]"}
    assert map_slurm(nodes | {"SLURM_LAUNCH_NODE_IPADDR": "10.0.0.1"})["MASTER_ADDR"] == "10.0.0.1"
    with pytest.raises(ConfigError, match="set MASTER_ADDR"):
        map_slurm(nodes)


@pytest.mark.parametrize(
    ("launcher", "message"), [("mpi", "accepted: none, pytorch, slurm"), ("pytorch", "RANK"), ("slurm", "SLURM_PROCID")]
)
def test_started_by_nobody(launcher, message, monkeypatch):
    for name in ("RANK", "SLURM_PROCID"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigError, match=message):
        init_environment(launcher)


def test_model_wrapper_without_a_gpu(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    cfg = Config(dict(launcher="pytorch", find_unused_parameters=True))
    wrap_for_cpu(cfg)
    assert cfg.model_wrapper_cfg == dict(
        type="MMDistributedDataParallel", device_ids=None, broadcast_buffers=False, find_unused_parameters=True
    )
    single = Config(dict(launcher="none"))
    wrap_for_cpu(single)
    assert "model_wrapper_cfg" not in single


def test_what_a_sharded_model_cannot_do():
    wrapper = dict(type="mmxkd.FullyShard")
    check_sharding(Config(dict(model_wrapper_cfg=wrapper)))
    with pytest.raises(ConfigError, match="EMAHook copies the model"):
        check_sharding(Config(dict(model_wrapper_cfg=wrapper, custom_hooks=[dict(type="EMAHook")])))
