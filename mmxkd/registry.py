"""Registries of mmxkd: children of MMEngine's, scope ``mmxkd``.

A registry imports its locations when something is first built from it, so ``import mmxkd`` stays light.
"""

from mmengine.registry import DATA_SAMPLERS as MMENGINE_SAMPLERS
from mmengine.registry import DATASETS as MMENGINE_DATASETS
from mmengine.registry import HOOKS as MMENGINE_HOOKS
from mmengine.registry import LOG_PROCESSORS as MMENGINE_LOG_PROCESSORS
from mmengine.registry import LOOPS as MMENGINE_LOOPS
from mmengine.registry import METRICS as MMENGINE_METRICS
from mmengine.registry import MODEL_WRAPPERS as MMENGINE_MODEL_WRAPPERS
from mmengine.registry import MODELS as MMENGINE_MODELS
from mmengine.registry import OPTIM_WRAPPER_CONSTRUCTORS as MMENGINE_OPTIM_WRAPPER_CONSTRUCTORS
from mmengine.registry import OPTIM_WRAPPERS as MMENGINE_OPTIM_WRAPPERS
from mmengine.registry import OPTIMIZERS as MMENGINE_OPTIMIZERS
from mmengine.registry import PARAM_SCHEDULERS as MMENGINE_PARAM_SCHEDULERS
from mmengine.registry import TRANSFORMS as MMENGINE_TRANSFORMS
from mmengine.registry import VISBACKENDS as MMENGINE_VISBACKENDS
from mmengine.registry import Registry

SCOPE = "mmxkd"


def _child(name: str, parent: Registry, *locations: str) -> Registry:
    return Registry(name, parent=parent, scope=SCOPE, locations=[f"{SCOPE}.{loc}" for loc in locations])


#: Backbones, heads, recognisers, data preprocessors, distillers, teachers, connectors and losses.
MODELS = _child("model", MMENGINE_MODELS, "models", "distill")
MODEL_WRAPPERS = _child("model_wrapper", MMENGINE_MODEL_WRAPPERS, "engine")
DATASETS = _child(
    "dataset",
    MMENGINE_DATASETS,
    "datasets.video",
    "datasets.ucf",
    "datasets.hmdb",
    "datasets.features",
    "datasets.segment_videos",
    "datasets.anticipation",
    "datasets.grounding",
    "datasets.language",
)
TRANSFORMS = _child("transform", MMENGINE_TRANSFORMS, "datasets.transforms", "datasets.anticipation.frame_transforms")
DATA_SAMPLERS = _child("data sampler", MMENGINE_SAMPLERS, "datasets.samplers")
METRICS = _child("metric", MMENGINE_METRICS, "evaluation")
HOOKS = _child("hook", MMENGINE_HOOKS, "engine.hooks")
LOOPS = _child("loop", MMENGINE_LOOPS, "engine.loops")
OPTIM_WRAPPERS = _child("optim_wrapper", MMENGINE_OPTIM_WRAPPERS, "engine.optim")
OPTIM_WRAPPER_CONSTRUCTORS = _child("optimizer wrapper constructor", MMENGINE_OPTIM_WRAPPER_CONSTRUCTORS, "engine.optim")
PARAM_SCHEDULERS = _child("parameter scheduler", MMENGINE_PARAM_SCHEDULERS, "engine.optim")
OPTIMIZERS = _child("optimizer", MMENGINE_OPTIMIZERS, "engine.optim")
# Nothing of ours is in these; they exist so that looking something up from our scope is no warning.
VISBACKENDS = _child("vis_backend", MMENGINE_VISBACKENDS)
LOG_PROCESSORS = _child("log_processor", MMENGINE_LOG_PROCESSORS)
