"""Testing a checkpoint."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.hooks import EMAHook, Hook

from mmxkd.apis.arguments import accepted_arguments
from mmxkd.apis.configs import check_config, find_student, load_config
from mmxkd.apis.environment import close_environment, init_environment, is_sharded, wrap_for_cpu
from mmxkd.apis.preflight import check_testing
from mmxkd.apis.train import share_seed
from mmxkd.apis.views import parse_views, set_views
from mmxkd.errors import ConfigError
from mmxkd.registry import HOOKS, METRICS

_TRAINING_KEYS = (
    "train_dataloader", "train_cfg", "optim_wrapper", "param_scheduler", "auto_scale_lr", "val_dataloader", "val_cfg", "val_evaluator"
)  # fmt: skip
_TEST_STAGES = [f"{moment}_{stage}" for moment in ("before", "after") for stage in ("test", "test_epoch", "test_iter")] + [
    "_before_epoch",
    "_after_epoch",
    "_before_iter",
    "_after_iter",
]


def prepare_test(
    config: str | Path,
    checkpoint: str | Path,
    *,
    work_dir: str | None = None,
    dump: str | None = None,
    submission: str | None = None,
    views: str | None = None,
    options: Mapping[str, Any] | None = None,
    launcher: str = "none",
) -> Config:
    """Return the complete config of a test after every check that needs no model; arguments as in ``evaluate``.

    Raises:
        ConfigError: see ``load_config``, ``check_config`` and ``check_testing``.
    """
    cfg = find_student(load_config(config, options))
    for key in ("model", "test_dataloader", "test_cfg", "test_evaluator"):
        if cfg.get(key) is None:
            raise ConfigError(f"{config}: {key} is not set; testing needs it")
    cfg.launcher = launcher
    cfg.work_dir = work_dir or os.path.join(cfg.get("work_dir") or os.path.join("work_dirs", Path(config).stem), "test")
    cfg.resume, cfg.load_from = False, str(checkpoint)
    for key in _TRAINING_KEYS:
        cfg.pop(key, None)
    if is_sharded(cfg):
        cfg.pop("model_wrapper_cfg")  # whole models test a sharded one's checkpoint; each process has its share of the videos
    if views is not None:
        dataset = cfg.test_dataloader.dataset
        dataset.pipeline = set_views(dataset.get("pipeline", ()), *parse_views(views))
    for name, path in (("dump", dump), ("submission", submission)):
        if path is not None:
            set_output(cfg, name, path)
    wrap_for_cpu(cfg)
    check_config(cfg)
    cfg.custom_hooks = [hook for hook in cfg.get("custom_hooks") or [] if acts_in_tests(hook)]
    share_seed(cfg)
    check_testing(cfg)
    return cfg


def evaluate(
    config: str | Path,
    checkpoint: str | Path,
    *,
    work_dir: str | None = None,
    dump: str | None = None,
    submission: str | None = None,
    views: str | None = None,
    options: Mapping[str, Any] | None = None,
    launcher: str = "none",
) -> dict[str, float]:
    """Test a checkpoint and return the metrics; of a distillation config the student is tested and no teacher is needed.

    Args:
        config: config file.
        checkpoint: checkpoint of the model, or of a distiller around it.
        work_dir: folder of the logs; default ``test`` in the training's.
        dump: ``.npz`` file for the predictions.
        submission: ``.json`` file for the predictions in the layout of a challenge.
        views: ``CLIPSxCROPS`` in place of the config's, see ``set_views``.
        options: dotted config key -> value, put over the config.
        launcher: ``none``, ``pytorch`` or ``slurm``.

    Raises:
        UserError: see ``prepare_test``; a checkpoint of other keys, shapes or classes.
    """
    # Imported here: a check before launching needs no runner.
    from mmxkd.engine.hooks.label_map import LabelMapHook
    from mmxkd.engine.hooks.strict_load import StrictLoadHook
    from mmxkd.engine.runner import DistillRunner

    cfg = prepare_test(
        config, checkpoint, work_dir=work_dir, dump=dump, submission=submission, views=views, options=options, launcher=launcher
    )
    init_environment(launcher, (cfg.get("env_cfg") or {}).get("dist_cfg"))
    runner = DistillRunner.from_cfg(cfg)
    for hook in (LabelMapHook(), StrictLoadHook()):
        if not any(type(own) is type(hook) for own in runner.hooks):
            runner.register_hook(hook)
    metrics = runner.test()
    close_environment()
    return metrics


def acts_in_tests(hook: Mapping[str, Any]) -> bool:
    """Return whether a hook of ``custom_hooks`` does anything in a test; those for training may need the training loop.

    Weight averaging has nothing to do: a checkpoint's ``state_dict`` is the average already.
    """
    cls = HOOKS.get(hook["type"]) if isinstance(hook["type"], str) else hook["type"]
    return not issubclass(cls, EMAHook) and any(getattr(cls, name) is not getattr(Hook, name) for name in _TEST_STAGES)


def set_output(cfg: Config, name: str, path: str) -> None:
    """Let the metric that can do so write the predictions to ``path``; ``name`` is ``dump`` (``.npz``) or ``submission`` (``.json``).

    Raises:
        ConfigError: no metric of ``test_evaluator`` takes such a file, or it is of another kind.
    """
    suffix = {"dump": ".npz", "submission": ".json"}[name]
    if Path(path).suffix != suffix:
        raise ConfigError(f"--{name} {path}: accepted: a file ending in {suffix}")
    metrics = cfg.test_evaluator if isinstance(cfg.test_evaluator, (list, tuple)) else [cfg.test_evaluator]
    for metric in metrics:
        if name in (accepted_arguments(METRICS.get(metric["type"])) or ()):
            metric[name] = path
            return
    raise ConfigError(f"--{name}: no metric of test_evaluator ({', '.join(str(m['type']) for m in metrics)}) can write it")
