"""Linear classification head."""

from mmengine.model import BaseModule
from torch import Tensor, nn

from mmxkd.models.losses import classification_loss
from mmxkd.registry import MODELS


@MODELS.register_module()
class LinearHead(BaseModule):
    """One linear layer on the clip feature.

    Args:
        num_classes: K; 0 passes the feature through.
        in_features: D.
        label_smoothing: of hard labels; soft targets (``gt_score``) are taken as they are.
        dropout: before the layer.
    """

    def __init__(
        self, num_classes: int, in_features: int, label_smoothing: float = 0.0, dropout: float = 0.0, init_cfg: dict | None = None
    ) -> None:
        super().__init__(init_cfg)
        self.num_classes, self.label_smoothing = num_classes, label_smoothing
        self.dropout = nn.Dropout(dropout)
        self.fc: nn.Module = nn.Identity()
        if num_classes:
            self.fc = linear = nn.Linear(in_features, num_classes)
            nn.init.trunc_normal_(linear.weight, std=0.02)
            nn.init.zeros_(linear.bias)

    def forward(self, feat: Tensor) -> Tensor:
        """Map ``feat`` (N, D) to logits (N, K)."""
        return self.fc(self.dropout(feat))

    def loss(self, logits: Tensor, labels: Tensor, scores: Tensor | None) -> dict[str, Tensor]:
        """Return ``loss_cls`` of logits (N, K); see ``classification_loss``."""
        return {"loss_cls": classification_loss(logits, labels, scores, self.label_smoothing)}
