"""How alike two stores of features are."""

from dataclasses import dataclass

import numpy as np

from mmxkd.datasets.features import FeatureStore
from mmxkd.errors import DataError

_MOST_ROWS = 20_000


@dataclass(frozen=True)
class Comparison:
    """Likeness of two stores over the frames both have.

    Attributes:
        names: names both stores have.
        rows: vectors compared.
        cka: linear centred kernel alignment, 0 to 1; needs no equal widths and ignores rotations (Kornblith et al., ICML 2019).
        correlation: mean over the C channels of Pearson's correlation; None when the widths differ.
        cosine: mean cosine of the vectors; None when the widths differ.
    """

    names: int
    rows: int
    cka: float
    correlation: float | None
    cosine: float | None

    def __str__(self) -> str:
        """Return the line a tool prints."""
        exact = "" if self.correlation is None else f", correlation per channel {self.correlation:.4f}, cosine {self.cosine:.4f}"
        return f"{self.rows} vectors of {self.names} videos in both: CKA {self.cka:.4f}{exact}"


def compare_stores(first: FeatureStore, second: FeatureStore) -> Comparison:
    """Compare two stores, over the first 20,000 vectors that both have.

    Raises:
        DataError: they have no name or fewer than two frames in common.
    """
    names = [name for name in first.names() if name in second]
    pairs: list[tuple[np.ndarray, np.ndarray]] = []
    rows = 0
    for name in names:
        frames = np.intersect1d(first.frames(name), second.frames(name))
        pairs.append((first.read(name, frames), second.read(name, frames)))
        rows += len(frames)
        if rows >= _MOST_ROWS:
            break
    if rows < 2:
        raise DataError(f"{first.path} and {second.path} have {len(names)} names and {rows} frames in common; nothing to compare")
    left, right = (np.concatenate(parts).astype(np.float64) for parts in zip(*pairs, strict=True))
    same_width = left.shape[1] == right.shape[1]
    return Comparison(
        names=len(names),
        rows=rows,
        cka=linear_cka(left, right),
        correlation=mean_correlation(left, right) if same_width else None,
        cosine=mean_cosine(left, right) if same_width else None,
    )


def linear_cka(left: np.ndarray, right: np.ndarray) -> float:
    """Return the linear centred kernel alignment of (n, C1) and (n, C2): ``|X'Y|^2 / (|X'X| |Y'Y|)``, Frobenius norms."""
    left, right = left - left.mean(0), right - right.mean(0)
    norms = np.linalg.norm(left.T @ left) * np.linalg.norm(right.T @ right)
    return float(np.linalg.norm(left.T @ right) ** 2 / norms) if norms else 0.0


def mean_correlation(left: np.ndarray, right: np.ndarray) -> float:
    """Return the mean Pearson correlation of the channels of (n, C) and (n, C); channels that do not vary are left out."""
    left, right = left - left.mean(0), right - right.mean(0)
    scale = np.linalg.norm(left, axis=0) * np.linalg.norm(right, axis=0)
    varies = scale > 0
    return float(((left * right).sum(0)[varies] / scale[varies]).mean()) if varies.any() else 0.0


def mean_cosine(left: np.ndarray, right: np.ndarray) -> float:
    """Return the mean cosine of the rows of (n, C) and (n, C); a zero vector counts 0."""
    scale = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    return float(np.divide((left * right).sum(1), scale, out=np.zeros(len(scale)), where=scale > 0).mean())
