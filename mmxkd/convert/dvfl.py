"""DVFL-Net, Video-FocalNet and (2-D) FocalNet checkpoints.

Layouts (fact sheet section 2): a dict whose entry ``model`` holds the weights. hayatkhan8660-maker/DVFL-Net and
TalalWasim/Video-FocalNets add optimizer, lr_scheduler, max_accuracy, epoch and a pickled yacs ``config``; microsoft/FocalNet
(``focalnet_{tiny,small,base}_srf.pth``) has ImageNet classes.
"""

from torch import Tensor

from mmxkd.convert.report import Conversion
from mmxkd.errors import DataError

_HEAD = "head."


def to_official_key(key: str) -> str:
    """Return the published name of one of our recogniser's parameters."""
    return key.replace("head.fc.", _HEAD) if key.startswith(_HEAD) else key.removeprefix("backbone.")


def to_our_key(key: str) -> str:
    """Return our recogniser's name of a published parameter."""
    return key.replace(_HEAD, "head.fc.") if key.startswith(_HEAD) else f"backbone.{key}"


def convert_dvfl(checkpoint: dict) -> Conversion:
    """Rename a Video-FocalNet / VFL-Net checkpoint; everything but the weights is dropped.

    Raises:
        DataError: no ``model`` entry with a patch embedding in it.
    """
    state, dropped = _model_of(checkpoint)
    if not any(".f_temporal." in key for key in state):
        raise DataError("the checkpoint has no temporal branch (no key with 'f_temporal'); a 2-D FocalNet converts as 'focalnet2d'")
    return Conversion({to_our_key(key): value for key, value in state.items()}, dropped)


def convert_focalnet2d(checkpoint: dict) -> Conversion:
    """Rename a 2-D FocalNet checkpoint without its ImageNet head; ``PretrainedRecognizer`` inflates it when it is loaded."""
    state, dropped = _model_of(checkpoint)
    if any(".f_temporal." in key for key in state):
        raise DataError("the checkpoint has a temporal branch (key 'f_temporal'); a Video-FocalNet converts as 'dvfl'")
    dropped.update({key: "classes of ImageNet, not of a video data set" for key in state if key.startswith(_HEAD)})
    return Conversion({to_our_key(key): value for key, value in state.items() if not key.startswith(_HEAD)}, dropped)


def _model_of(checkpoint: dict) -> tuple[dict[str, Tensor], dict[str, str]]:
    state = checkpoint.get("model", checkpoint) if isinstance(checkpoint, dict) else None
    if not isinstance(state, dict) or "patch_embed.proj.weight" not in state:
        found = sorted(map(str, checkpoint))[:8] if isinstance(checkpoint, dict) else type(checkpoint).__name__
        raise DataError(f"not a FocalNet checkpoint: expected a dict with 'model' holding 'patch_embed.proj.weight', found {found}")
    dropped = {} if state is checkpoint else {key: "state of the published training run" for key in checkpoint if key != "model"}
    return state, dropped
