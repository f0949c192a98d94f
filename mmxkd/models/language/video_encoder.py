"""The video side of VidLanKD's teacher: frozen frame features to one vector per clip."""

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmxkd.models.language.encoders import build_encoder

#: What is added to the attention scores of frames that are not there. Finite, so that a clip without frames has an output.
_MASKED = -10000.0


class VideoEncoder(nn.Module):
    """Two linear maps, a BERT over frames, its pooler, and an MLP to a unit vector.

    Frames go through the position and type embeddings, LayerNorm and dropout twice, the second time inside the BERT, with token
    type 1 in both, as released.

    Args:
        in_features: C of the frame features (2-D and 3-D features side by side).
        config: of the BERT, as for ``build_encoder``; its word embeddings are never used and frozen.
        mid_features: width between the two linear maps.
        dropout: of the MLP.

    Source: zinengtang/VidLanKD ``vteacher/model.py`` (``VisnModel``). Case: vidlankd ``teacher``.
    """

    def __init__(self, in_features: int, config: Mapping[str, Any], mid_features: int = 1024, dropout: float = 0.3) -> None:
        super().__init__()
        self.bert: Any = build_encoder({"model_type": "bert", **config}, pooler=True)
        width = self.bert.config.hidden_size
        self.in_features = in_features
        self.embeddings = nn.Sequential(nn.Linear(in_features, mid_features), nn.Linear(mid_features, width))
        self.mlp = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Dropout(dropout), nn.Linear(width, width))
        self.bert.get_input_embeddings().requires_grad_(False)

    @property
    def max_frames(self) -> int:
        """Position embeddings there are."""
        return self.bert.config.max_position_embeddings

    def forward(self, features: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """Encode clips.

        Args:
            features: (N, T, C).
            mask: (N, T), non-zero at frames.

        Returns:
            ``sequence`` (N, T, D); ``pooled`` (N, D), from frame 0; ``feat`` (N, D), unit vectors.
        """
        embedded = self.embeddings(features)
        types = torch.ones(mask.shape, dtype=torch.int64, device=mask.device)
        embedded = self.bert.embeddings(inputs_embeds=embedded, token_type_ids=types)
        # (N, 1, T, T): a mask that is already spread out is taken as it is, values included.
        additive = torch.where(mask != 0, 0.0, _MASKED).to(embedded.dtype)[:, None, None].expand(-1, 1, mask.shape[1], -1)
        output = self.bert(inputs_embeds=embedded, token_type_ids=types, attention_mask=additive)
        feat = F.normalize(self.mlp(output.pooler_output), dim=-1)
        return {"sequence": output.last_hidden_state, "pooled": output.pooler_output, "feat": feat}
