"""What was seen before an action, and what models say comes next."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

_TOP = 3
_RIGHT, _OTHER = "#1f7a6b", "#b9bec6"


def draw_foretelling(
    path: Path,
    pictures: Sequence[np.ndarray],
    times: Sequence[float],
    past: Sequence[str],
    truth: str,
    answers: Mapping[str, Mapping[str, float]],
) -> None:
    """Draw the frames seen, what was done before, and each model's three likeliest actions, the true one green; needs matplotlib.

    Args:
        path: picture to write.
        pictures: frames (H, W, 3) uint8 RGB, oldest first.
        times: seconds before the action starts, one per frame.
        past: what was done before, oldest first.
        truth: what was done then.
        answers: model -> action -> probability.

    Raises:
        ValueError: not as many times as pictures.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    if len(pictures) != len(times) or not pictures:
        raise ValueError(f"{len(pictures)} pictures, {len(times)} times; accepted: as many, at least one")
    figure = plt.figure(figsize=(12, 4.2))
    above = figure.add_gridspec(1, len(pictures), top=0.86, bottom=0.48, left=0.01, right=0.99, wspace=0.04)
    below = figure.add_gridspec(1, len(answers), top=0.34, bottom=0.09, left=0.11, right=0.98, wspace=0.6)
    for column, (picture, seconds) in enumerate(zip(pictures, times, strict=True)):
        axis = figure.add_subplot(above[column])
        axis.imshow(picture)
        axis.set_title(f"-{seconds:.1f} s", fontsize=9)
        axis.axis("off")
    for column, (model, scores) in enumerate(answers.items()):
        axis = figure.add_subplot(below[column])
        best = sorted(scores, key=lambda name: -scores[name])[:_TOP]
        axis.barh(range(len(best)), [scores[name] for name in best], color=[_RIGHT if name == truth else _OTHER for name in best])
        axis.set_yticks(range(len(best)), best, fontsize=9)
        axis.invert_yaxis()
        axis.set_xlim(0, 1)
        axis.tick_params(axis="x", labelsize=8)
        axis.set_title(model, fontsize=10, loc="left")
        axis.spines[["top", "right"]].set_visible(False)
    figure.suptitle(f"{' - '.join(past) or 'nothing'} - ?   {truth}", x=0.01, ha="left", fontsize=11)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)
