"""Which points of the pyramid are to find which window.

Windows are in units of the feature grid. Source: houzhijian/GroundNLQ, fact sheet section 4; cases ``labels_decode*``.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from mmxkd.errors import ConfigError

#: Windows of one point whose lengths differ by less count as equally long.
_TIE = 1e-3


def make_points(
    lengths: Sequence[int], strides: Sequence[int], ranges: Sequence[Sequence[float]], device: torch.device | str
) -> list[Tensor]:
    """Return the points of each level, rows [position, range start, range end, stride], float32 (T_l, 4).

    Args:
        lengths: T_l.
        strides: distance of neighbouring positions, in features; the first lies at 0.
        ranges: (start, end) of the distances a level is responsible for.
    """
    points = []
    for length, stride, (low, high) in zip(lengths, strides, ranges, strict=True):
        position = torch.arange(length, dtype=torch.float32, device=device) * stride
        points.append(torch.stack([position, *(torch.full_like(position, value) for value in (low, high, stride))], dim=1))
    return points


def check_ranges(ranges: Sequence[Sequence[float]], levels: int) -> None:
    """Raise ``ConfigError`` unless there is one (start, end) per level with start < end."""
    if len(ranges) != levels or any(len(pair) != 2 or pair[0] >= pair[1] for pair in ranges):
        raise ConfigError(
            f"regression_ranges={[list(pair) for pair in ranges]}; accepted: one [start, end] for each of the {levels} levels"
        )


def assign_targets(points: Tensor, windows: Tensor, classes: Tensor, radius: float | None = 1.5) -> tuple[Tensor, Tensor]:
    """Return class targets (P, K) and distances (P, 2) of all points, in the windows' dtype.

    A point takes a window when it lies inside, no further than ``radius`` strides from its middle, and the larger of its two distances
    falls in the level's range (ends included). Of several, the shortest counts; equally short ones share the class target.

    Args:
        points: (P, 4), see ``make_points``.
        windows: (n, 2) start and end; float64 as the data set gives them keeps borderline points where they belong.
        classes: (n, K), 1 for the classes of a window.
        radius: in strides; ``None``: anywhere inside.
    """
    if not len(windows):
        return windows.new_zeros(len(points), classes.shape[-1]), windows.new_zeros(len(points), 2)
    points = points.to(windows.dtype)
    position, low, high, stride = (column[:, None] for column in points.unbind(1))
    start, end = windows.unbind(1)
    distances = torch.stack([position - start, end - position], dim=-1)
    if radius is None:
        margin = distances
    else:
        middle = (start + end) / 2
        margin = torch.stack(
            [position - torch.maximum(start, middle - radius * stride), torch.minimum(end, middle + radius * stride) - position], dim=-1
        )
    furthest = distances.amax(-1)
    matches = (margin.amin(-1) > 0) & (furthest >= low) & (furthest <= high)
    lengths = torch.where(matches, end - start, torch.inf)
    shortest, chosen = lengths.min(dim=1)
    sharing = matches & (lengths <= shortest[:, None] + _TIE)
    scores = (sharing.to(windows.dtype) @ classes.to(windows.dtype)).clamp(0, 1)
    return scores, distances[torch.arange(len(points), device=points.device), chosen] / stride
