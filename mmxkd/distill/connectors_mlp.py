"""The heads that VidLanKD puts between student features and a teacher."""

import torch.nn.functional as F
from torch import Tensor, nn

from mmxkd.registry import MODELS


@MODELS.register_module()
class MLPConnector(nn.Module):
    """Dense, gelu, LayerNorm, dense, and the L2 norm over the channels.

    Args:
        in_features: student width, also of the layer between.
        out_features: teacher width; default ``in_features``.
        normalize: whether the result is a unit vector.
        eps: of the LayerNorm.

    Source: zinengtang/VidLanKD ``vlm/model.py`` (``kd1_student_head``, ``kd2_student_head``). Case: vidlankd ``student``.
    """

    def __init__(self, in_features: int, out_features: int | None = None, normalize: bool = True, eps: float = 1e-12) -> None:
        super().__init__()
        self.dense = nn.Linear(in_features, in_features)
        self.layer_norm = nn.LayerNorm(in_features, eps=eps)
        self.decoder = nn.Linear(in_features, out_features or in_features)
        self.normalize = normalize

    def forward(self, student: Tensor) -> Tensor:
        """Map (N, ..., in) to (N, ..., out)."""
        mapped = self.decoder(self.layer_norm(F.gelu(self.dense(student))))
        return F.normalize(mapped, dim=-1) if self.normalize else mapped
