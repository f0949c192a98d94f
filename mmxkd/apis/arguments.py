"""Arguments no component accepts are found before anything is built."""

import difflib
import importlib
import inspect
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from mmengine import registry as mmengine_registry
from mmengine.registry import Registry

from mmxkd import registry

#: Registry of a component by the config key it stands under; other keys inherit that of the component around them.
_BY_KEY: dict[str, Registry] = {
    "model": registry.MODELS,
    "data_preprocessor": registry.MODELS,
    "model_wrapper_cfg": registry.MODEL_WRAPPERS,
    "dataset": registry.DATASETS,
    "datasets": registry.DATASETS,
    "pipeline": registry.TRANSFORMS,
    "transforms": registry.TRANSFORMS,
    "sampler": registry.DATA_SAMPLERS,
    "batch_sampler": registry.DATA_SAMPLERS,
    "collate_fn": mmengine_registry.FUNCTIONS,
    "worker_init_fn": mmengine_registry.FUNCTIONS,
    "train_cfg": registry.LOOPS,
    "val_cfg": registry.LOOPS,
    "test_cfg": registry.LOOPS,
    "val_evaluator": registry.METRICS,
    "test_evaluator": registry.METRICS,
    "optim_wrapper": registry.OPTIM_WRAPPERS,
    "optimizer": registry.OPTIMIZERS,
    "param_scheduler": registry.PARAM_SCHEDULERS,
    "default_hooks": registry.HOOKS,
    "custom_hooks": registry.HOOKS,
    "init_cfg": mmengine_registry.WEIGHT_INITIALIZERS,
    "visualizer": mmengine_registry.VISUALIZERS,
    "vis_backends": mmengine_registry.VISBACKENDS,
    "log_processor": mmengine_registry.LOG_PROCESSORS,
}
#: What stands for a ``type`` that is left out.
_DEFAULT_TYPES = {
    "optim_wrapper": "OptimWrapper",
    "val_cfg": "ValLoop",
    "test_cfg": "TestLoop",
    "log_processor": "LogProcessor",
    "model_wrapper_cfg": "MMDistributedDataParallel",
}
#: Keys MMEngine takes out of a component's config before it builds the component.
_EXTRA = {
    "optim_wrapper": {"constructor", "paramwise_cfg"},
    "param_scheduler": {"convert_to_iter_based"},
    "default_hooks": {"priority"},
    "custom_hooks": {"priority"},
}
#: Plain settings, without a ``type``.
_SETTINGS = {
    "env_cfg": {"cudnn_benchmark", "mp_cfg", "dist_cfg", "resource_limit"},
    "env_cfg.dist_cfg": {"backend", "timeout"},
    "env_cfg.mp_cfg": {"mp_start_method", "opencv_num_threads"},
    "randomness": {"seed", "diff_rank_seed", "deterministic"},
    "auto_scale_lr": {"enable", "base_batch_size"},
}
#: Dicts whose ``type`` names no component.
_OPAQUE = {"clip_grad"}
_OURS = (registry.SCOPE, "mmengine")
_DATALOADER_EXTRA = {"dataset", "num_batch_per_epoch", "disable_subprocess_warning"}


def accepted_arguments(target: Callable) -> frozenset[str] | None:
    """Return the names ``target`` (a class or function) can be called with; ``None`` when any may be.

    ``**kwargs`` of a class are followed up to the classes it inherits from.
    """
    names, is_open = _collect_names(target, "__init__")
    return None if is_open else names


def _collect_names(target: Callable, method: str) -> tuple[frozenset[str], bool]:
    """Return the parameters of ``target`` (of its ``method``, if a class), and whether it takes others too."""
    owners = [target]
    if inspect.isclass(target):
        owners = [vars(base)[method] for base in inspect.getmro(target) if method in vars(base) and base is not object]
    names: set[str] = set()
    for owner in owners:
        parameters = inspect.signature(getattr(owner, "__func__", owner)).parameters.values()
        names |= {p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)} - {"self", "cls"}
        if all(p.kind is not p.VAR_KEYWORD for p in parameters):
            return frozenset(names), False
    return frozenset(names), bool(owners)


def suggest(name: str, accepted: Collection[str]) -> str:
    """Return ``; did you mean 'x'?`` for the accepted name next to ``name``, or nothing."""
    close = difflib.get_close_matches(name, sorted(accepted), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def find_problems(cfg: Mapping[str, Any]) -> list[str]:
    """Return a line for every component of ``cfg`` whose type is not registered or that is given arguments it does not take."""
    return [problem for key, value in cfg.items() if isinstance(value, (Mapping, list, tuple)) for problem in _visit(value, key, key, None)]


def _visit(node: Any, path: str, key: str, around: Registry | None) -> Iterator[str]:
    """Yield the problems of ``node``, which stands at ``path`` under the config key ``key``."""
    if isinstance(node, (list, tuple)):
        for number, item in enumerate(node):
            yield from _visit(item, f"{path}[{number}]", key, around)
        return
    if not isinstance(node, Mapping) or key in _OPAQUE:
        return
    found = _BY_KEY.get(key, around)
    if path in _SETTINGS:
        yield from _name_unknown(node, _SETTINGS[path], path)
    elif key.endswith("_dataloader"):
        yield from _check_dataloader(node, path)
    elif found is not None and (name := node.get("type", _DEFAULT_TYPES.get(path))) is not None:
        yield from _check_component(node, name, path, key, found)
        if _package(name) not in _OURS:
            return  # what another library's component holds is read by its rules
    for child, value in node.items():
        if isinstance(value, (Mapping, list, tuple)):
            # The entries of ``default_hooks`` bear names of the user's choice.
            child_key = key if key == "default_hooks" and "type" not in node else child
            yield from _visit(value, f"{path}.{child}", child_key, found)


def _check_component(node: Mapping[str, Any], name: Any, path: str, key: str, found: Registry) -> Iterator[str]:
    target = _look_up(name, found) if isinstance(name, str) else name
    if target is None:
        yield f"{path}.type={name!r} is not registered as {found.name}{suggest(name, _registered(found))}"
        return
    # A Hugging Face model is built by ``ForeignModel`` from either of these.
    accepted = frozenset({"config", "pretrained"}) if _package(name) == "transformers" else accepted_arguments(target)
    if accepted is not None and node.get("convert_to_iter_based"):
        accepted |= _collect_names(target, "build_iter_from_epoch")[0]
    if accepted is not None:
        yield from _name_unknown(
            node, accepted | _EXTRA.get(key, set()) | {"type", "_scope_"}, path, getattr(target, "__name__", str(name))
        )


def _check_dataloader(node: Mapping[str, Any], path: str) -> Iterator[str]:
    from torch.utils.data import DataLoader

    yield from _name_unknown(node, (accepted_arguments(DataLoader) or frozenset()) | _DATALOADER_EXTRA, path)


def _name_unknown(node: Mapping[str, Any], accepted: Collection[str], path: str, owner: str = "") -> Iterator[str]:
    for name in node:
        if name not in accepted:
            takes = f"{owner} takes no such argument" if owner else "no such setting"
            shown = ", ".join(sorted(set(accepted) - {"type", "_scope_"}))
            yield f"{path}.{name}: {takes}{suggest(name, accepted)} Accepted: {shown}"


def _look_up(name: str, first: Registry) -> Any:
    """Return what ``name`` is registered as, in ``first`` or in any other registry."""
    package = _package(name)
    if package == "transformers":
        return getattr(importlib.import_module(package), name.partition(".")[2], None)
    if package not in _OURS:
        try:
            importlib.import_module(f"{package}.registry")
        except ImportError:
            return None
    for candidate in dict.fromkeys([first, *_BY_KEY.values(), mmengine_registry.EVALUATOR]):
        target = candidate.get(name)
        if target is not None:
            return target
    return None


def _package(name: Any) -> str:
    """Return the library a type such as ``mmaction.Resize`` names, ours by default."""
    return name.partition(".")[0] if isinstance(name, str) and "." in name else registry.SCOPE


def _registered(found: Registry | None) -> set[str]:
    names: set[str] = set()
    while found is not None:
        names |= set(found.module_dict)
        found = found.parent
    return names
