"""3-D ResNeXt checkpoints of kenshohara/3D-ResNets-PyTorch: ``{arch, epoch, state_dict, optimizer}``, keys ``module.layer1.0...``.

Feature extractors for HowTo100M ship the same network as a bare state dict; both convert. The head comes along (400 classes of Kinetics).
"""

from mmxkd.convert.report import Conversion
from mmxkd.errors import DataError

_HEAD = "fc."


def convert_resnext3d(checkpoint: dict) -> Conversion:
    """Rename a 3-D ResNeXt checkpoint to our recogniser's keys; everything but the weights is dropped.

    Raises:
        DataError: no ResNeXt with 3-D convolutions in it.
    """
    wrapped = isinstance(checkpoint, dict) and isinstance(checkpoint.get("state_dict"), dict)
    state = checkpoint["state_dict"] if wrapped else checkpoint
    found = {str(key).removeprefix("module."): value for key, value in state.items()} if isinstance(state, dict) else {}
    stem = found.get("conv1.weight")
    if stem is None or stem.ndim != 5 or "layer1.0.conv3.weight" not in found:
        raise DataError(
            f"not a 3-D ResNeXt checkpoint: expected conv1.weight (C, 3, t, h, w) and layer1.0.conv3.weight, found {sorted(found)[:8]}"
        )
    dropped = {key: "state of the published training run" for key in checkpoint if key != "state_dict"} if wrapped else {}
    return Conversion({_our_key(key): value for key, value in found.items()}, dropped)


def _our_key(key: str) -> str:
    return f"head.{key}" if key.startswith(_HEAD) else f"backbone.{key}"
