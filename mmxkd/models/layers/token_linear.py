"""Linear maps of channels-last tokens by the faster of two libraries."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# Below, the set-up of a oneDNN call or the rearrangement of its weights outweighs what it saves (tried: widths 8 to 3072).
_MIN_MACS, _MIN_TOKENS = 2**24, 256
_HAS_ONEDNN = torch.backends.mkldnn.is_available()  # asked once: torch.compile does not trace into it


def token_linear(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Compute ``F.linear`` of tokens (B, T, H, W, C) with weight (D, C) and bias (D,), giving (B, T, H, W, D).

    Large float32 products on a CPU run as a 1x1 convolution, that is in oneDNN, where PyTorch would hand a linear layer to MKL:
    twice as fast forward and backward on an AMD core with AVX-512 (``benchmarks/results``), and the bias costs no pass of its own.
    """
    tokens = x.shape[:-1].numel()
    is_large = tokens >= _MIN_TOKENS and tokens * weight.numel() >= _MIN_MACS
    if not (is_large and x.is_cpu and x.dtype == torch.float32 and _HAS_ONEDNN):
        return F.linear(x, weight, bias)
    # Images of one row each: with one thread PyTorch gives 1x1 convolutions of batches below 16 to its slow im2col kernel.
    rows = x.flatten(0, 2).unsqueeze(1).permute(0, 3, 1, 2)
    return F.conv2d(rows, weight[:, :, None, None], bias).permute(0, 2, 3, 1).view(*x.shape[:-1], -1)


class TokenLinear(nn.Linear):
    """``nn.Linear`` with bias on tokens (B, T, H, W, C) through ``token_linear``."""

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, T, H, W, C) to (B, T, H, W, D)."""
        return token_linear(x, self.weight, self.bias)
