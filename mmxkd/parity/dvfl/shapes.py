"""Kind ``shapes``: official key lists, parameter counts and multiply-adds at full size."""

import re
from typing import Any

import torch

from mmxkd.apis.complexity import measure_cost
from mmxkd.convert.dvfl import to_official_key
from mmxkd.parity.case import Case
from mmxkd.parity.dvfl.build import build_recognizer
from mmxkd.parity.report import Report

Shapes = dict[str, list[int]]


def infer_hyperparameters(shapes: Shapes) -> dict[str, Any]:
    """Read a model's constructor arguments off its key list (video or 2-D layout)."""
    stem = shapes["patch_embed.proj.weight"]
    stages = 1 + max(int(key.split(".")[1]) for key in shapes if key.startswith("layers."))
    first = [f"layers.{stage}.blocks.0.modulation" for stage in range(stages)]
    return dict(
        embed_dim=stem[0],
        in_chans=stem[1],
        tubelet_size=stem[2] if len(stem) == 5 else 1,
        patch_size=4 if stem[-1] == 7 else stem[-1],
        use_conv_embed=stem[-1] == 7,
        patch_norm="patch_embed.norm.weight" in shapes,
        depths=[sum(bool(re.fullmatch(rf"layers\.{stage}\.blocks\.\d+\.norm1\.weight", key)) for key in shapes) for stage in range(stages)],
        focal_levels=[
            sum(bool(re.fullmatch(rf"{re.escape(name)}\.focal_layers\.\d+\.0\.weight", key)) for key in shapes) for name in first
        ],
        focal_windows=[shapes[f"{name}.focal_layers.0.0.weight"][-1] for name in first],
        mlp_ratio=shapes["layers.0.blocks.0.mlp.fc1.weight"][0] / stem[0],
        use_layerscale="layers.0.blocks.0.gamma_1" in shapes,
        use_postln_in_modulation="layers.0.blocks.0.modulation.ln.weight" in shapes,
        num_classes=shapes["head.weight"][0] if "head.weight" in shapes else 0,
    )


def check_shapes(case: Case, report: Report) -> None:
    """Build the model its key list describes and compare keys, shapes, parameters and multiply-adds."""
    shapes, meta = case.meta["shapes"], case.meta
    is_image_model = not any("temporal" in key for key in shapes)
    settings = infer_hyperparameters(shapes)
    frames = meta.get("num_frames", settings["tubelet_size"])
    if "num_classes" in meta:
        report.check("num_classes", "exact", meta["num_classes"], settings["num_classes"])
    model = build_recognizer({**settings, "num_frames": frames})
    ours = {
        to_official_key(key): list(value.shape) for key, value in model.state_dict().items() if not (is_image_model and "temporal" in key)
    }
    report.compare("keys", "shapes", sorted(shapes), sorted(ours))
    for key in sorted(shapes.keys() & ours.keys()):
        report.compare(f"shapes/{key}", "shapes", shapes[key], ours[key])
    count = sum(torch.Size(shape).numel() for shape in ours.values())
    report.compare("num_params", "num_params", meta["num_params"], count)
    if "num_keys" in meta:
        report.compare("num_keys", "shapes", meta["num_keys"], len(ours))
    if "fvcore_flops" in meta:
        _check_flops(case, report, model)


def _check_flops(case: Case, report: Report, model: torch.nn.Module) -> None:
    batch, frames, channels, height, width = case.meta["input"]
    cost = measure_cost(model, torch.zeros(batch, 1, channels, frames, height, width))
    total = case.meta["fvcore_flops"]
    report.compare("fvcore_flops", "flops", total, cost.gmacs * 1e9)
    report.check("fvcore_gflops", {"rtol": 1e-4}, case.meta["fvcore_gflops"], total / 1e9)
    report.check("fvcore_by_operator/sum", "exact", total, sum(case.meta["fvcore_by_operator"].values()))
    # Our 1x1 convolutions are matrix products, so the two kinds are only comparable together.
    recorded, ours = case.meta["fvcore_by_operator"], cost.by_operator
    for names in (("conv", "linear"), ("layer_norm",)):
        theirs, mine = (sum(table.get(name, 0) for name in names) for table in (recorded, ours))
        report.compare(f"fvcore_by_operator/{'+'.join(names)}", "flops", theirs, mine * 1e9)
    for name, value in case.meta["fvcore_by_module"].items():
        mine = cost.by_module.get("head" if name == "head" else f"backbone.{name}", 0.0)
        report.compare(f"fvcore_by_module/{name}", "flops", value, mine * 1e9)
    _check_uncounted(case, report)


def _check_uncounted(case: Case, report: Report) -> None:
    """Hold the operators the counter left out to the published graph, the only one they speak of.

    Every block holds the same number of each; outside of the blocks there are one mean over the frames and one pooling.
    """
    settings = infer_hyperparameters(case.meta["shapes"])
    blocks = sum(settings["depths"])
    for name, count in case.meta.get("fvcore_unsupported", {}).items():
        if name == "aten::adaptive_avg_pool1d":
            report.check(f"fvcore_unsupported/{name}", "exact", count, 1)
        elif name == "aten::gelu":
            expected = sum(depth * (2 * levels + 3) for depth, levels in zip(settings["depths"], settings["focal_levels"], strict=True))
            report.check(f"fvcore_unsupported/{name}", "exact", count, expected)
        else:
            outside = 1 if name == "aten::mean" else 0
            report.check(f"fvcore_unsupported/{name}/remainder", "exact", count % blocks, outside % blocks)
