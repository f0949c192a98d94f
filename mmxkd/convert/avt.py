"""AVT checkpoints, and the frame backbone's timm names.

Layout (fact sheet section 4): a dict whose entry ``model`` holds the weights, beside optimizer, lr_scheduler and epoch, as
facebookresearch/AVT and its forks write it. Our ``AVT`` bears the same names except inside the ViT, which is timm's there.
"""

import re

from torch import Tensor

from mmxkd.convert.report import Conversion
from mmxkd.errors import DataError

_VIT = "backbone.model."
_SIGN = "future_predictor.encoder.weight"
_DROPPED = (
    (re.compile(r"\.attn\.(bias|masked_bias)$"), "causal mask, a constant that newer versions of transformers do not store"),
    (re.compile(r"^cls_map_"), "classes of actions: a constant of the config (model.class_maps)"),
    (re.compile(r"^backbone\.model\.head\."), "classes of ImageNet, not of a video data set"),
)
_OUTSIDE_BLOCKS = {
    "cls_token": "embeddings.cls_token",
    "pos_embed": "embeddings.position_embeddings",
    "patch_embed.proj": "embeddings.patch_embeddings.projection",
    "norm": "layernorm",
    "pre_logits.fc": "pooler.dense",
}
_IN_BLOCK = {
    "norm1": "layernorm_before",
    "norm2": "layernorm_after",
    "attn.proj": "attention.o_proj",
    "mlp.fc1": "mlp.fc1",
    "mlp.fc2": "mlp.fc2",
}


def convert_avt(checkpoint: dict) -> Conversion:
    """Rename an AVT checkpoint; everything but the weights is dropped.

    Raises:
        DataError: no ``model`` entry with a future predictor in it, or a weight of the ViT that is not known.
    """
    state = checkpoint.get("model", checkpoint) if isinstance(checkpoint, dict) else None
    if not isinstance(state, dict) or _SIGN not in state:
        found = sorted(map(str, checkpoint))[:8] if isinstance(checkpoint, dict) else type(checkpoint).__name__
        raise DataError(f"not an AVT checkpoint: expected a dict with 'model' holding {_SIGN!r}, found {found}")
    dropped = {} if state is checkpoint else {key: "state of the published training run" for key in checkpoint if key != "model"}
    kept: dict[str, Tensor] = {}
    for key, value in state.items():
        reason = next((reason for pattern, reason in _DROPPED if pattern.search(key) and not key.startswith(f"{_VIT}blocks.")), None)
        if reason is not None:
            dropped[key] = reason
        elif key.startswith(_VIT):
            kept.update({_VIT + name: part for name, part in rename_timm_vit(key.removeprefix(_VIT), value).items()})
        else:
            kept[key] = value
    return Conversion(kept, dropped)


def rename_timm_vit(key: str, value: Tensor) -> dict[str, Tensor]:
    """Return the Hugging Face name(s) of one weight of timm's VisionTransformer; the fused qkv (3 D, ...) becomes three.

    Raises:
        DataError: a name that is not timm's.
    """
    block = re.fullmatch(r"blocks\.(\d+)\.(.+?)(?:\.(weight|bias))", key)
    if block is not None:
        number, name, kind = block.groups()
        prefix = f"layers.{number}."
        if name == "attn.qkv":
            return {f"{prefix}attention.{part}_proj.{kind}": third for part, third in zip("qkv", value.chunk(3), strict=True)}
        if name in _IN_BLOCK:
            return {f"{prefix}{_IN_BLOCK[name]}.{kind}": value}
    stem, dot, kind = key.rpartition(".")
    if kind not in ("weight", "bias"):
        stem, dot, kind = key, "", ""
    if stem not in _OUTSIDE_BLOCKS:
        raise DataError(f"{_VIT}{key}: no weight of timm's VisionTransformer")
    return {f"{_OUTSIDE_BLOCKS[stem]}{dot}{kind}": value}
