"""GroundNLQ checkpoints.

Layout (fact sheet section 5): ``{epoch, state_dict, scheduler, optimizer, state_dict_ema}`` of houzhijian/GroundNLQ.
"""

import re
from collections.abc import Mapping

import torch
from torch import Tensor

from mmxkd.convert.report import Conversion
from mmxkd.errors import DataError

#: (published, ours) parts of names; ``#`` stands for a number. The first pair found in a name is applied, then the following ones.
_NAMES = [
    ("backbone.vid_embd.#.conv.", "backbone.video_embed.#.conv."),
    ("backbone.vid_embd_norm.#.", "backbone.video_embed.#.norm."),
    ("backbone.txt_embd.#.conv.", "backbone.text_embed.#.conv."),
    ("backbone.txt_embd_norm.#.", "backbone.text_embed.#.norm."),
    ("backbone.vid_stem.", "backbone.video_stem."),
    ("backbone.txt_stem.", "backbone.text_stem."),
    ("backbone.branch.", "backbone.pyramid."),
    (".ln#.", ".norm#."),
    ("_conv.conv.", "_conv."),
    (".rel_pe", ".relative_bias"),
    (".mlp.3.", ".mlp.2."),
    ("neck.fpn_norms.", "neck."),
    ("_head.head.#.conv.", "_head.convs.#.conv."),
    ("_head.norm.#.", "_head.convs.#.norm."),
    ("cls_head.cls_head.conv.", "cls_head.out."),
    ("reg_head.offset_head.conv.", "reg_head.out."),
]
_LEVEL_SCALE = re.compile(r"reg_head\.scale\.(\d+)\.scale")
_PER_CHANNEL = re.compile(r"(norm\d?|neck\.\d+)\.(weight|bias)$|drop_path_\w+\.scale$")
#: Where the loss normaliser of every released recipe starts; the published files do not keep where it stood.
INIT_LOSS_NORM = 200.0


def to_our_key(key: str) -> str:
    """Return our name of a published parameter; the scales of all levels share one."""
    return "reg_head.scale" if _LEVEL_SCALE.fullmatch(key) else _rename(key, 0, 1)


def to_official_key(key: str) -> str:
    """Return the published name of one of our parameters, ``reg_head.scale`` apart."""
    return _rename(key, 1, 0)


def _rename(key: str, source: int, target: int) -> str:
    for pair in _NAMES:
        pattern = re.escape(pair[source]).replace(r"\#", r"(\d+)")
        key = re.sub(pattern, pair[target].replace("#", r"\1"), key)
    return key


def to_our_layout(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename and reshape published tensors.

    What is per channel loses its axes of length 1, a relative bias becomes (heads, window), the scales of the levels one vector.
    """
    ours: dict[str, Tensor] = {}
    scales: dict[int, Tensor] = {}
    for key, value in state.items():
        level = _LEVEL_SCALE.fullmatch(key)
        if level:
            scales[int(level[1])] = value.reshape(())
            continue
        key = to_our_key(key)
        if _PER_CHANNEL.search(key):
            value = value.reshape(-1)
        elif key.endswith("relative_bias"):
            value = value[0, 0]
        ours[key] = value
    if scales:
        ours["reg_head.scale"] = torch.stack([scales[level] for level in sorted(scales)])
    return ours


def to_official_layout(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Undo ``to_our_layout``; ``loss_norm``, which published files do not hold, is left out."""
    official: dict[str, Tensor] = {}
    for key, value in state.items():
        if key == "reg_head.scale":
            official.update({f"reg_head.scale.{level}.scale": scale for level, scale in enumerate(value)})
        elif key != "loss_norm":
            is_bias = key.endswith("relative_bias")
            value = value[None, :, None] if _PER_CHANNEL.search(key) else value[None, None] if is_bias else value
            official[to_official_key(key)] = value
    return official


def convert_groundnlq(checkpoint: dict, ema: bool = False, init_loss_norm: float = INIT_LOSS_NORM) -> Conversion:
    """Convert a GroundNLQ checkpoint; everything but the chosen weights is dropped.

    Args:
        checkpoint: the published dict.
        ema: take ``state_dict_ema``, the running average, instead of ``state_dict``.
        init_loss_norm: value of our ``loss_norm``, which the published files do not hold.

    Raises:
        DataError: no such entry, or no grounding model in it.
    """
    name = "state_dict_ema" if ema else "state_dict"
    state = checkpoint.get(name) if isinstance(checkpoint, dict) else None
    if isinstance(state, dict):
        state = {key.removeprefix("module."): value for key, value in state.items()}
    if not state or "backbone.vid_embd.0.conv.weight" not in state:
        found = sorted(map(str, checkpoint))[:8] if isinstance(checkpoint, dict) else type(checkpoint).__name__
        raise DataError(f"not a GroundNLQ checkpoint: expected a dict with {name!r} holding 'backbone.vid_embd...', found {found}")
    reasons = {"state_dict": "raw weights; leave --ema out to have them", "state_dict_ema": "averaged weights; --ema takes them"}
    dropped = {key: reasons.get(key, "state of the published training run") for key in checkpoint if key != name}
    ours = to_our_layout(state)
    ours["loss_norm"] = torch.tensor(float(init_loss_norm))
    return Conversion(ours, dropped)
