"""Kind ``shapes``: official key lists, parameter counts and multiply-adds at full size."""

import re
from typing import Any

import torch

from mmxkd.apis.complexity import Cost, measure_cost
from mmxkd.convert.avt import convert_avt
from mmxkd.models.anticipation.avt import AVT
from mmxkd.parity.anticipation.student_build import build_avt
from mmxkd.parity.case import Case
from mmxkd.parity.report import Report

Shapes = dict[str, list[int]]

# fvcore's names of the same products: attention's two are one fused operator here.
_OPERATORS = {"matmul": "attention"}


def infer_hyperparameters(keys: Shapes, clips: int, frames: int) -> dict[str, Any]:
    """Read a model's arguments off its key list; the number of heads shows in no shape and in no count."""
    layers = 1 + max(int(found[1]) for key in keys if (found := re.match(r"future_predictor\.gpt_model\.h\.(\d+)\.", key)))
    kinds = {key.split(".")[1]: shape[0] for key, shape in keys.items() if re.fullmatch(r"classifiers\.\w+\.weight", key)}
    hidden, width = keys["future_predictor.encoder.weight"]
    mapped = keys.get("mapper_to_inter.weight")
    hparams: dict[str, Any] = dict(
        clips=clips,
        frames=frames,
        backbone_dim=mapped[1] if mapped else width,
        intermediate_featdim=width,
        inter_dim=hidden,
        n_head=1,
        n_layer=layers,
        n_positions=keys["future_predictor.gpt_model.wpe.weight"][0],
        output_len=1,
        return_past_too=True,
        avg_last_n=1,
        num_classes=kinds,
    )
    for key, shape in keys.items():
        if found := re.fullmatch(r"cls_map_(\w+?)_(\w+)", key):
            hparams[f"{found[1]}_of_action"] = [min(action, shape[1] - 1) for action in range(shape[0])]
    return hparams


def check_shapes(case: Case, report: Report) -> None:
    """Build the models their key lists describe and compare keys, shapes, parameters and multiply-adds."""
    for name, row in case.meta["models"].items():
        _, clips, channels, frames, *_ = row["input"]
        hparams = infer_hyperparameters(row["keys"], clips, frames)
        with torch.device("meta"):
            model = build_avt(hparams)
        report.check(f"{name}/input", "exact", channels, hparams["backbone_dim"])
        _check_keys(report, name, row["keys"], model)
        report.compare(f"{name}/params", "num_params", row["params"], sum(p.numel() for p in model.parameters()))
        cost = measure_cost(model.to_empty(device="cpu"), torch.zeros(row["input"]))
        _check_cost(report, name, row, cost)


def _check_keys(report: Report, name: str, keys: Shapes, model: AVT) -> None:
    """Every official key is either ours or one that the converter says it leaves out; ours are all official."""
    conversion = convert_avt({key: torch.empty(shape, device="meta") for key, shape in keys.items()})
    ours = {**model.state_dict(), **{key: value for key, value in model.named_buffers() if key.startswith("cls_map_")}}
    masks = {key for key in conversion.dropped if key not in ours}
    report.compare(f"{name}/keys", "shapes", sorted(keys), sorted({*ours, *masks}))
    report.check(f"{name}/converted", "exact", sorted(conversion.state_dict), sorted(model.state_dict()))
    for key in sorted(keys.keys() & ours.keys()):
        report.compare(f"{name}/shapes/{key}", "shapes", keys[key], list(ours[key].shape))
    positions = model.future_predictor.max_positions
    for key in sorted(masks & keys.keys()):
        expected = [] if key.endswith("masked_bias") else [1, 1, positions, positions]
        report.compare(f"{name}/shapes/{key}", "shapes", keys[key], expected)


def _check_cost(report: Report, name: str, row: dict[str, Any], cost: Cost) -> None:
    report.compare(f"{name}/gflops", "flops", row["gflops_fvcore"], cost.gmacs)
    # What an operator adds is recorded to four digits after the point.
    for operator, expected in row["gflops_by_op"].items():
        ours = cost.by_operator.get(_OPERATORS.get(operator, operator), 0.0)
        report.compare(f"{name}/gflops_by_op/{operator}", "flops", expected, round(ours, 4))
    report.check(f"{name}/unsupported", "exact", {}, row["unsupported"])
