"""What a model costs: multiply-adds, parameters, size, latency."""

import logging
import statistics
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import prod
from typing import Any

import torch
from mmengine.config import Config
from torch import Tensor, nn

from mmxkd.models.base import ExtractModel
from mmxkd.registry import MODELS


@dataclass(frozen=True)
class Cost:
    """Cost of one forward pass.

    Attributes:
        gmacs: 10^9 multiply-adds as fvcore counts them: one multiply-add is 1; convolutions, linear layers, matrix products and
            attention, plus 5 per element of a layer norm; activations, sums and means are free. (Often printed as "GFLOPs".)
        params: number of parameters.
        size_mb: of the float32 weights, 10^6 bytes.
        latency_ms: median wall time of one sample, ``None`` when not measured.
        by_module: module, down to the stages -> 10^9 multiply-adds.
        by_operator: fvcore's operator name -> 10^9 multiply-adds.
    """

    gmacs: float
    params: int
    size_mb: float
    latency_ms: float | None
    by_module: dict[str, float]
    by_operator: dict[str, float]


class _Prediction(nn.Module):
    """A model's forward pass for its own prediction, with tensors alone as arguments, which is what fvcore can trace."""

    def __init__(self, model: ExtractModel, names: Sequence[str]) -> None:
        super().__init__()
        self.model, self.names = model, tuple(names)

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Compute ``predict_keys`` of one sample's tensors: (1, V, C, T, H, W), (1, L) ..."""
        batch = dict(zip(self.names, inputs, strict=True)) if self.names else inputs[0]
        outputs = self.model.extract(batch, None, self.model.predict_keys)
        return tuple(outputs[key] for key in sorted(outputs))


def measure_cost(model: nn.Module, inputs: Tensor | Mapping[str, Tensor], latency_runs: int = 0) -> Cost:
    """Count one forward pass in eval mode, and time it when ``latency_runs`` > 0.

    Args:
        model: a model of ours, which computes what its prediction needs, or any module that takes the tensor alone.
        inputs: one sample, as ``ExtractModel.example_inputs`` gives it; for our recognisers (1, 1, C, T, H, W).
        latency_runs: timed passes after two warm-up ones.
    """
    from fvcore.nn import FlopCountAnalysis

    logging.getLogger("fvcore").setLevel(logging.ERROR)
    model = model.eval()
    arguments = tuple(inputs.values()) if isinstance(inputs, Mapping) else (inputs,)
    prefix = ""
    if isinstance(model, ExtractModel):
        model, prefix = _Prediction(model, tuple(inputs) if isinstance(inputs, Mapping) else ()), "model."
    with torch.no_grad():
        flops = FlopCountAnalysis(model, arguments).unsupported_ops_warnings(False).uncalled_modules_warnings(False)
        # fvcore skips fused attention; count its two matrix products.
        flops.set_op_handle("aten::scaled_dot_product_attention", _attention_macs)
        named = {name.removeprefix(prefix): value for name, value in flops.by_module().items() if name not in ("", prefix.rstrip("."))}
        by_module = {name: value / 1e9 for name, value in named.items() if name.count(".") <= 2 and value}
        by_operator = {name: value / 1e9 for name, value in flops.by_operator().items() if value}
        gmacs = flops.total() / 1e9
        latency = _median_latency(model, arguments, latency_runs) if latency_runs else None
    params = sum(p.numel() for p in model.parameters())
    size = sum(p.numel() * p.element_size() for p in model.parameters()) / 1e6
    return Cost(gmacs, params, size, latency, by_module, by_operator)


def config_costs(config: Config, shape: tuple[int, ...] | None = None, latency_runs: int = 0) -> dict[str, Cost]:
    """Return the cost of the config's ``model``; of a distiller's ``student`` and ``teacher``, without their files.

    Args:
        config: with a ``model`` entry.
        shape: see ``ExtractModel.example_inputs``: (T, H, W) of a clip; by default what the model is made for.
        latency_runs: see ``measure_cost``.

    Raises:
        ConfigError: the model has no nominal input and no shape is given.
    """
    model = config.model
    parts = {"model": model}
    if "student" in model:
        parts = {"student": model["student"]}
        if "model" in model.get("teacher", {}):
            parts["teacher"] = model["teacher"]["model"]
    costs = {}
    for name, part in parts.items():
        built = MODELS.build({key: value for key, value in part.items() if key != "init_cfg"})
        costs[name] = measure_cost(built, built.example_inputs(shape), latency_runs)
    return costs


def format_costs(costs: dict[str, Cost]) -> str:
    """Lay the costs out as a table, with teacher / student ratios when both are there."""
    lines = [f"{'':10s} {'GMACs':>10s} {'params':>14s} {'MB fp32':>9s} {'ms/clip':>9s}"]
    for name, cost in costs.items():
        latency = "-" if cost.latency_ms is None else f"{cost.latency_ms:.1f}"
        lines.append(f"{name:10s} {cost.gmacs:10.3f} {cost.params:14,d} {cost.size_mb:9.1f} {latency:>9s}")
    if {"student", "teacher"} <= costs.keys():
        student, teacher = costs["student"], costs["teacher"]
        ratio = f"{teacher.latency_ms / student.latency_ms:.2f}x" if teacher.latency_ms and student.latency_ms else "-"
        lines.append(
            f"{'ratio':10s} {teacher.gmacs / student.gmacs:9.2f}x {teacher.params / student.params:13.2f}x "
            f"{teacher.size_mb / student.size_mb:8.2f}x {ratio:>9s}"
        )
    lines.append("GMACs: multiply-adds as fvcore counts them (one multiply-add = 1), for one clip")
    return "\n".join(lines)


def costs_as_json(costs: dict[str, Cost]) -> dict[str, Any]:
    """Return plain values."""
    return {name: asdict(cost) for name, cost in costs.items()}


def _attention_macs(inputs: list[Any], outputs: list[Any]) -> Counter:
    query, key, value = (item.type().sizes() for item in inputs[:3])
    return Counter({"attention": prod(query[:-1]) * key[-2] * (query[-1] + value[-1])})


def _median_latency(model: nn.Module, inputs: tuple[Tensor, ...], runs: int) -> float:
    times = []
    is_cuda = inputs[0].is_cuda
    for index in range(runs + 2):
        if is_cuda:
            torch.cuda.synchronize()
        start = time.perf_counter()
        model(*inputs)
        if is_cuda:
            torch.cuda.synchronize()
        if index >= 2:
            times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)
