"""Action recogniser: backbone, head, and the contract of ``ExtractModel``."""

from collections.abc import Collection, Sequence

from torch import Tensor

from mmxkd.models.base import ExtractModel, Outputs, check_want
from mmxkd.models.views import average_views
from mmxkd.registry import MODELS
from mmxkd.structures import DataSample, gather_targets, write_scores

_HEAD_KEYS = frozenset({"logits", "view_logits"})


@MODELS.register_module()
class VideoRecognizer(ExtractModel):
    """Classify videos given as one or more views.

    Output keys: ``logits`` (N, K); with several views V the logarithm of their mean softmax, so that ``softmax(logits)`` is the
    averaged score; ``view_logits`` (N, V, K); and the backbone's keys, whose batch axis is N * V.

    Args:
        backbone: config of a backbone with ``available()`` and ``forward(clips, want)``; must give ``feat``.
        head: config of a head with ``forward(feat)``, ``loss(logits, labels, scores)`` and ``num_classes``.
        data_preprocessor: config; see ``VideoDataPreprocessor``.
        init_cfg: MMEngine initialisation; ``PretrainedRecognizer`` starts from pretrained weights.
    """

    def __init__(self, backbone: dict, head: dict, data_preprocessor: dict | None = None, init_cfg: dict | None = None) -> None:
        super().__init__(data_preprocessor, init_cfg)
        self.backbone = MODELS.build(backbone)
        self.head = MODELS.build(head)

    @property
    def num_classes(self) -> int:
        """Number of classes K."""
        return self.head.num_classes

    def available(self) -> frozenset[str]:
        """Return the keys ``extract`` accepts."""
        return self.backbone.available() | _HEAD_KEYS

    def extract(self, inputs: Tensor, data_samples: Sequence[DataSample] | None, want: Collection[str]) -> Outputs:
        """Compute the wanted outputs of ``inputs`` (N, V, C, T, H, W) float32; keys and shapes as in the class."""
        check_want(want, self.available(), type(self).__name__)
        if inputs.ndim != 6:
            raise ValueError(f"inputs of shape {tuple(inputs.shape)}; expected (N, V, C, T, H, W)")
        views = inputs.shape[1]
        needed = set(want) - _HEAD_KEYS
        outputs = self.backbone(inputs.flatten(0, 1), needed | {"feat"} if _HEAD_KEYS & set(want) else needed)
        if _HEAD_KEYS & set(want):
            logits = self.head(outputs["feat"]).unflatten(0, (-1, views))
            outputs["view_logits"] = logits
            outputs["logits"] = logits[:, 0] if views == 1 else average_views(logits).log()
        return {key: outputs[key] for key in want}

    def loss_from(self, outputs: Outputs, data_samples: Sequence[DataSample]) -> dict[str, Tensor]:
        """Return ``loss_cls`` of ``logits`` (N, K) against ``gt_score`` where mixing wrote it, else ``gt_label``."""
        logits = outputs["logits"]
        return self.head.loss(logits, *gather_targets(data_samples, logits.device))

    def predict_from(self, outputs: Outputs, data_samples: Sequence[DataSample]) -> list[DataSample]:
        """Write ``pred_score`` (K,), probabilities averaged over the views, and ``pred_label`` from ``logits`` (N, K)."""
        return write_scores(data_samples, outputs["logits"].float().softmax(-1))
