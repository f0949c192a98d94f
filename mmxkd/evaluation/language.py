"""How well a language model guesses hidden tokens, and how well texts and clips find each other."""

import math
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from mmengine.dist import get_world_size
from mmengine.evaluator import BaseMetric

from mmxkd.errors import ConfigError
from mmxkd.registry import METRICS

_AVERAGES = ("token", "batch")


def retrieval_recall(text: np.ndarray, video: np.ndarray, ks: Sequence[int] = (1, 5)) -> dict[str, float]:
    """Return ``text_to_video_R@k`` and ``video_to_text_R@k``, fractions 0..1.

    Args:
        text: (N, D), row i belongs to row i of ``video``.
        video: (N, D).
        ks: the k.

    Of equal scores the true partner comes last, so that constant features do not score.
    """
    scores = text.astype(np.float64) @ video.T.astype(np.float64)
    values = {}
    for name, matrix in (("text_to_video", scores), ("video_to_text", scores.T)):
        own = np.diagonal(matrix)[:, None]
        others = ~np.eye(len(matrix), dtype=bool)
        rank = ((matrix >= own) & others).sum(axis=1)
        values.update({f"{name}_R@{k}": float((rank < k).mean()) for k in ks})
    return values


@METRICS.register_module()
class LanguageMetric(BaseMetric):
    """``mlm_loss``, ``perplexity``, ``mlm_accuracy`` and ``num_masked``; with clips also ``retrieval_recall``.

    Reads ``mlm_loss`` (sum), ``mlm_hits``, ``mlm_count`` and ``index`` of every sample, and ``text_feat`` and ``video_feat`` (D,) where
    they are there. Repeats that only fill up the ranks are dropped by ``index``.

    Args:
        average: ``token``: every masked token counts the same; ``batch``: mean over batches of the batch's mean, as released.
        dump: a ``.npz`` file for ``uid``, ``index``, ``mlm_loss``, ``mlm_hits`` and ``mlm_count``, in the order of ``index``; no pickle.
        collect_device, prefix, collect_dir: see ``BaseMetric``.

    Raises:
        ConfigError: another average, a ``dump`` that is no ``.npz``.
    """

    def __init__(
        self,
        average: str = "token",
        dump: str | None = None,
        collect_device: str = "cpu",
        prefix: str | None = None,
        collect_dir: str | None = None,
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix, collect_dir=collect_dir)
        if average not in _AVERAGES or (dump is not None and not dump.endswith(".npz")):
            raise ConfigError(f"LanguageMetric.average={average!r}, dump={dump!r}; accepted: {', '.join(_AVERAGES)}; a name ending in .npz")
        self.average, self.dump = average, dump
        self._batches = 0

    def process(self, data_batch: Any, data_samples: Sequence[dict[str, Any]]) -> None:
        """Keep the sums, counts and features of a batch's samples."""
        for sample in data_samples:
            row = {"index": int(sample["index"]), "uid": str(sample["uid"]), "batch": self._batches, "count": int(sample["mlm_count"])}
            row.update(loss=float(sample["mlm_loss"]), hits=int(sample["mlm_hits"]))
            row.update({key: sample[key].float().cpu().numpy() for key in ("text_feat", "video_feat") if key in sample})
            self.results.append(row)
        self._batches += 1

    def evaluate(self, size: int) -> dict[str, float]:
        """Return the metrics of a data set of ``size`` rows (on every rank)."""
        self._batches = 0
        return super().evaluate(len(self.results) * get_world_size())

    def compute_metrics(self, results: list[dict[str, Any]]) -> dict[str, float]:
        """Average the gathered rows."""
        by_index = {row["index"]: row for row in results}
        rows = [by_index[index] for index in sorted(by_index)]
        losses, hits, counts = (np.array([row[key] for row in rows], dtype=np.float64) for key in ("loss", "hits", "count"))
        loss = losses.sum() / max(counts.sum(), 1)
        if self.average == "batch":
            batches = np.array([row["batch"] for row in rows])
            sums, tokens = np.bincount(batches, losses), np.bincount(batches, counts)
            loss = float((sums[tokens > 0] / tokens[tokens > 0]).mean())
        if self.dump is not None:
            self._write(self.dump, rows, losses, hits, counts)
        metrics = {"mlm_loss": float(loss), "perplexity": math.exp(min(loss, 700.0))}
        metrics.update(mlm_accuracy=float(hits.sum() / max(counts.sum(), 1)), num_masked=int(counts.sum()))
        if rows and "video_feat" in rows[0]:
            text, video = (np.stack([row[key] for row in rows]) for key in ("text_feat", "video_feat"))
            metrics.update(retrieval_recall(text, video))
        return metrics

    @staticmethod
    def _write(path: str, rows: list[dict[str, Any]], losses: np.ndarray, hits: np.ndarray, counts: np.ndarray) -> None:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(f"{path}.part", "wb") as file:
            uid, index = (np.array([row[key] for row in rows]) for key in ("uid", "index"))
            np.savez(file, uid=uid, index=index, mlm_loss=losses, mlm_hits=hits, mlm_count=counts)
        os.replace(f"{path}.part", path)
