"""Processes of a run: one, or many through torchrun or SLURM, with or without GPUs."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from mmengine.config import Config

from mmxkd.errors import ConfigError

LAUNCHERS = ("none", "pytorch", "slurm")
_TORCHRUN = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")


def init_environment(launcher: str, dist_cfg: Mapping[str, Any] | None = None) -> None:
    """Join the process group of a distributed run: NCCL on GPUs, gloo without any.

    MMEngine's own initialisation needs CUDA; its Runner keeps a group that exists.

    Args:
        launcher: ``none``, ``pytorch`` (started by torchrun) or ``slurm`` (started by srun).
        dist_cfg: the config's ``env_cfg.dist_cfg``: ``backend`` in place of the default, ``timeout`` in seconds.

    Raises:
        ConfigError: another launcher, or the variables it sets are not there.
    """
    if launcher not in LAUNCHERS:
        raise ConfigError(f"--launcher {launcher}; accepted: {', '.join(LAUNCHERS)}")
    if launcher == "none" or dist.is_initialized():
        return
    if launcher == "slurm":
        os.environ.update(map_slurm(os.environ))
    absent = [name for name in _TORCHRUN if name not in os.environ]
    if absent:
        raise ConfigError(f"--launcher {launcher}: {', '.join(absent)} not set; start through tools/dist_train.sh or tools/slurm_train.sh")
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]) % torch.cuda.device_count())
    options = dict(dist_cfg or {})
    backend = options.get("backend") or ("nccl" if torch.cuda.is_available() else "gloo")
    if backend == "nccl" and not torch.cuda.is_available():
        raise ConfigError("env_cfg.dist_cfg.backend='nccl' needs a GPU; accepted here: 'gloo'")
    seconds = options.get("timeout")
    timeout = None if seconds is None else timedelta(seconds=seconds)
    attempt = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
    if attempt == "0":
        dist.init_process_group(backend, timeout=timeout)
        return
    # torchrun keeps one store over its restarts; the addresses of dead processes are still in it, and the new ones would wait for them.
    store, rank, world = next(dist.rendezvous("env://"))
    dist.init_process_group(backend, store=dist.PrefixStore(f"restart_{attempt}", store), rank=rank, world_size=world, timeout=timeout)


def map_slurm(variables: Any) -> dict[str, str]:
    """Return torchrun's variables from those srun sets; what is set already is kept.

    Raises:
        ConfigError: not started by srun, or several nodes without a known master.
    """
    if "SLURM_PROCID" not in variables or "SLURM_NTASKS" not in variables:
        raise ConfigError("--launcher slurm: SLURM_PROCID or SLURM_NTASKS not set; start through srun, see tools/slurm_train.sh")
    mapped = {
        "RANK": variables["SLURM_PROCID"],
        "WORLD_SIZE": variables["SLURM_NTASKS"],
        "LOCAL_RANK": variables.get("SLURM_LOCALID", "0"),
        "MASTER_PORT": variables.get("MASTER_PORT", "29500"),
    }
    mapped["MASTER_ADDR"] = variables.get("MASTER_ADDR") or _first_node(variables)
    return mapped


def _first_node(variables: Any) -> str:
    if int(variables.get("SLURM_NNODES", "1")) == 1:
        return "127.0.0.1"
    if shutil.which("scontrol"):
        nodes = subprocess.run(
            ["scontrol", "show", "hostnames", variables["SLURM_NODELIST"]], capture_output=True, text=True, check=True
        ).stdout.split()
        return nodes[0]
    if "SLURM_LAUNCH_NODE_IPADDR" in variables:
        return variables["SLURM_LAUNCH_NODE_IPADDR"]
    raise ConfigError("--launcher slurm on several nodes: set MASTER_ADDR to the first of them")


def wrap_for_cpu(cfg: Config) -> None:
    """Make the config's model wrapper one that works without GPUs, where MMEngine would name a device."""
    if torch.cuda.is_available() or cfg.launcher == "none":
        return
    cfg.setdefault("model_wrapper_cfg", {"type": "MMDistributedDataParallel"})
    wrapper = cfg.model_wrapper_cfg
    if wrapper.get("type", "MMDistributedDataParallel").endswith("DistributedDataParallel"):
        wrapper.setdefault("device_ids", None)
        wrapper.setdefault("broadcast_buffers", False)
        wrapper.setdefault("find_unused_parameters", cfg.get("find_unused_parameters", False))


def is_sharded(cfg: Config) -> bool:
    """Return whether the config spreads the model's parameters over the processes."""
    return str((cfg.get("model_wrapper_cfg") or {}).get("type", "")).rpartition(".")[2] == "FullyShard"


def check_sharding(cfg: Config) -> None:
    """Raise ``ConfigError`` where a sharded model is asked for what it cannot do."""
    if is_sharded(cfg) and any("EMAHook" in str(hook["type"]) for hook in cfg.get("custom_hooks") or []):
        raise ConfigError("custom_hooks: EMAHook copies the model, which a sharded one (model_wrapper_cfg) does not allow")


def close_environment() -> None:
    """Leave the process group together with the other processes; one that left early would look to them as if it had failed."""
    if dist.is_initialized():
        dist.barrier()
        dist.destroy_process_group()
