"""Kind ``shapes``: official key lists and parameter counts at full size."""

from typing import Any

import torch
from torch import nn

from mmxkd.convert.vidlankd import kd_heads, to_official_key
from mmxkd.distill.connectors_mlp import MLPConnector
from mmxkd.distill.distiller import Distiller
from mmxkd.distill.teachers.online import OnlineTeacher
from mmxkd.parity.case import Case
from mmxkd.parity.report import Report
from mmxkd.parity.vidlankd.build import KD_LOSSES
from mmxkd.registry import MODELS

_POSITIONS = "embeddings.position_ids"
_UNUSED_HEAD = "kd2_teacher_head"
_TERM_OF = {"kd1_student_head": "kd1", "kd2_student_head": "kd2"}
Shapes = dict[str, list[int]]


def check_shapes(case: Case, report: Report) -> None:
    """Build every model of the layout without storage; compare keys, shapes and parameters."""
    config = {key: value for key, value in case.meta["config"].items() if key != "architectures"}
    for name, recorded in case.meta["checkpoint_layout"].items():
        with torch.device("meta"):
            shapes, parameters = _published_layout(recorded["state_dict"], config)
        report.compare(f"{name}/keys", "shapes", sorted(recorded["state_dict"]), sorted(shapes))
        for key, shape in recorded["state_dict"].items():
            report.compare(f"{name}/{key}", "shapes", shape, shapes.get(key))
        report.compare(f"{name}/parameters", "num_params", recorded["parameters"], parameters)


def _published_layout(recorded: Shapes, config: dict[str, Any]) -> tuple[Shapes, int]:
    """Return our model's state dict under the published names, and its parameters."""
    heads = kd_heads(recorded)
    if "module.mlp_map.0.weight" in recorded:
        module = _video_side(recorded, config)
        named = {to_official_key(f"video.{key}"): value for key, value in module.state_dict().items()}
        prefix = "module.backbone.bert."
    elif "classifier.weight" in recorded:
        module = MODELS.build(dict(type="TextClassifier", encoder=dict(config=config), num_classes=recorded["classifier.weight"][0]))
        renamed = {"encoder.": "bert.", "head.": "classifier."}
        named = {
            next(new + key.removeprefix(old) for old, new in renamed.items() if key.startswith(old)): value
            for key, value in module.state_dict().items()
        }
        prefix = "bert."
    else:
        module = _text_side(recorded, config, heads)
        named = {to_official_key(key, heads): value for key, value in module.state_dict().items()}
        prefix = "bert."
    parameters = sum(parameter.numel() for parameter in module.parameters())
    shapes = {key: list(value.shape) for key, value in named.items()}
    shapes[prefix + _POSITIONS] = next(list(value.shape) for key, value in module.named_buffers() if key.endswith(_POSITIONS))
    if f"{_UNUSED_HEAD}.dense.weight" in recorded:
        # The release makes a head it never calls; ours has none, so one is counted here.
        unused = MLPConnector(config["hidden_size"])
        shapes.update({f"{_UNUSED_HEAD}.{key}": list(value.shape) for key, value in unused.state_dict().items()})
        parameters += sum(parameter.numel() for parameter in unused.parameters())
    return shapes, parameters


def _text_side(recorded: Shapes, config: dict[str, Any], heads: tuple[str, ...]) -> nn.Module:
    if "visual_hinge_head.dense.weight" in recorded:
        video = dict(in_features=1, mid_features=1)
        model = MODELS.build(dict(type="VideoLanguageModel", encoder=dict(config=config), video=video, hinge_head=True))
        del model.video
        return model
    student = MODELS.build(dict(type="BertMLM", encoder=dict(config=config)))
    if not heads:
        return student
    connector = dict(type="MLPConnector", in_features=config["hidden_size"])
    terms = [dict(loss=KD_LOSSES[_TERM_OF[head]], student="hidden", teacher="hidden", connector=connector) for head in heads]
    return Distiller(student, OnlineTeacher(student), terms)


def _video_side(recorded: Shapes, config: dict[str, Any]) -> nn.Module:
    mid, features = recorded["module.backbone.video_encoder.new_video_embeddings.0.weight"]
    video = dict(in_features=features, mid_features=mid)
    return MODELS.build(dict(type="VideoLanguageModel", encoder=dict(config=config), video=video)).video
