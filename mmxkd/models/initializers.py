"""Start a recogniser from pretrained weights."""

from dataclasses import dataclass

import torch
from mmengine.logging import print_log
from mmengine.registry import WEIGHT_INITIALIZERS
from torch import Tensor, nn

from mmxkd.checkpoints import load_state_dict
from mmxkd.errors import DataError


@dataclass(frozen=True)
class InitReport:
    """What became of every key: ``copied`` from the file, ``missing`` from it (kept as initialised), ``dropped`` from it."""

    copied: list[str]
    missing: list[str]
    dropped: list[str]


def inflate(weight: Tensor, frames: int) -> Tensor:
    """Spread a 2-D kernel (D, C, h, w) over ``frames`` time steps: (D, C, frames, h, w), summing to the original.

    Source: TalalWasim/Video-FocalNets, loading of ImageNet weights (fact sheet section 2).
    """
    return weight.unsqueeze(2).repeat(1, 1, frames, 1, 1) / frames


def load_pretrained(module: nn.Module, state: dict[str, Tensor], reset_head: bool = False) -> InitReport:
    """Copy ``state`` (our keys) into a recogniser.

    A 2-D FocalNet (no temporal key at all) leaves the temporal branches as initialised, is inflated where the patch embedding
    has a time axis, and may be deeper than the model. A video checkpoint must fit exactly.

    Args:
        module: the recogniser.
        state: our keys -> tensors.
        reset_head: keep the freshly initialised head, whatever the file holds.

    Raises:
        DataError: a shape differs, a key is missing or too many, naming them; a head of other classes without ``reset_head``.
    """
    own = module.state_dict()
    is_image_model = not any("temporal" in key for key in state)
    head = {key for key in own if key.startswith("head.")}
    copied: dict[str, Tensor] = {}
    problems: list[str] = []
    for key, target in own.items():
        if key not in state or (reset_head and key in head):
            continue
        value = state[key]
        if is_image_model and value.ndim == 4 and target.ndim == 5:
            value = inflate(value, target.shape[2])
        if value.shape != target.shape:
            hint = "; set reset_head=True to start it anew" if key in head else ""
            problems.append(f"{key}: {tuple(value.shape)} in the file, {tuple(target.shape)} in the model{hint}")
        copied[key] = value
    missing = [key for key in own if key not in copied]
    dropped = [key for key in state if key not in copied]
    allowed = head if reset_head else set()
    problems += [
        f"{key}: not in the file" + ("; set reset_head=True to start it anew" if key in head else "")
        for key in missing
        if key not in allowed and not (is_image_model and "temporal" in key)
    ]
    problems += [f"{key}: not in the model" for key in dropped if not is_image_model and key not in allowed]
    if problems:
        raise DataError("weights do not fit: " + "; ".join(problems[:6]) + (f" and {len(problems) - 6} more" if len(problems) > 6 else ""))
    with torch.no_grad():
        for key, value in copied.items():
            own[key].copy_(value)
    return InitReport(list(copied), missing, dropped)


@WEIGHT_INITIALIZERS.register_module()
class PretrainedRecognizer:
    """``init_cfg=dict(type='PretrainedRecognizer', checkpoint=..., reset_head=False)`` of a recogniser.

    Args:
        checkpoint: a checkpoint of ours, or an official one converted by ``tools/convert_checkpoint.py``.
        reset_head: see ``load_pretrained``.
    """

    def __init__(self, checkpoint: str, reset_head: bool = False) -> None:
        self.checkpoint, self.reset_head = checkpoint, reset_head

    def __call__(self, module: nn.Module) -> None:
        """Load the weights into ``module`` and log how many keys were copied, missing and dropped."""
        try:
            report = load_pretrained(module, load_state_dict(self.checkpoint), self.reset_head)
        except DataError as error:
            raise DataError(f"{self.checkpoint}: {error}") from None
        print_log(
            f"{self.checkpoint}: {len(report.copied)} keys copied; missing, left as initialised ({len(report.missing)}): "
            f"{_shorten(report.missing)}; dropped ({len(report.dropped)}): {_shorten(report.dropped)}",
            logger="current",
        )


def _shorten(keys: list[str]) -> str:
    return ", ".join(keys[:3]) + (", ..." if len(keys) > 3 else "") if keys else "none"
