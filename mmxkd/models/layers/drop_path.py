"""Stochastic depth."""

from torch import Tensor, nn


class DropPath(nn.Module):
    """Drop whole samples of a residual branch in training; kept ones are scaled by ``1 / (1 - rate)``.

    Source: Huang et al., "Deep Networks with Stochastic Depth", 2016. In Video-FocalNets a sample is one frame.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        if not 0 <= rate < 1:
            raise ValueError(f"drop path rate {rate}; accepted: 0 <= rate < 1")
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, T, ...) with each of the B * T frames dropped alone."""
        if not self.training or self.rate == 0:
            return x
        keep = x.new_empty((x.shape[0], x.shape[1]) + (1,) * (x.ndim - 2)).bernoulli_(1 - self.rate)
        return x * (keep / (1 - self.rate))

    def extra_repr(self) -> str:
        """Show the rate when printed."""
        return f"rate={self.rate}"
