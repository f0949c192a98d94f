"""AVT-h: features of the next time steps from those seen so far, by a causal transformer."""

from typing import Any

import torch
from torch import Tensor, nn

from mmxkd.errors import ConfigError
from mmxkd.registry import MODELS


@MODELS.register_module()
class FuturePredictor(nn.Module):
    """A GPT-2 between two linear maps.

    With encoder E, GPT-2 G and decoder D: ``h = G(E x)``, ``y = D h``, so that ``y_t`` foretells ``x_{t+1}``. Further steps are rolled out
    by feeding the last hidden state ``h``, not re-encoded, with cached keys and values and the next position.

    Args:
        in_features: C of the steps.
        num_layers, num_heads: of the transformer.
        hidden_size: D, its width; the feed-forward layers are 4 D wide.
        max_positions: longest sequence, roll-out included.
        dropout: of the transformer: embeddings, attention and residual branches.
        output_len: future steps.
        output_len_eval: future steps outside of training; ``None`` = ``output_len``.

    Raises:
        ConfigError: ``num_heads`` does not divide ``hidden_size``, or a length below 1.

    Source: Girdhar and Grauman, "Anticipative Video Transformer", 2021, section 3.2; facebookresearch/AVT ``models/future_prediction.py``.
    Cases: anticipation ``avth_*``.
    """

    def __init__(
        self,
        in_features: int,
        num_layers: int,
        num_heads: int,
        hidden_size: int = 2048,
        max_positions: int = 1024,
        dropout: float = 0.1,
        output_len: int = 1,
        output_len_eval: int | None = None,
    ) -> None:
        from transformers import GPT2Config, GPT2Model

        super().__init__()
        self.output_len, self.output_len_eval = output_len, output_len if output_len_eval is None else output_len_eval
        if hidden_size % num_heads or min(self.output_len, self.output_len_eval) < 1:
            raise ConfigError(
                f"future_predictor: hidden_size={hidden_size}, num_heads={num_heads}, output_len={output_len}, "
                f"output_len_eval={output_len_eval}; num_heads must divide hidden_size, lengths are at least 1"
            )
        self.max_positions = max_positions
        self.encoder = nn.Linear(in_features, hidden_size, bias=False)
        self.decoder = nn.Linear(hidden_size, in_features, bias=False)
        settings: dict[str, Any] = dict(
            n_embd=hidden_size,
            n_layer=num_layers,
            n_head=num_heads,
            n_positions=max_positions,
            resid_pdrop=dropout,
            embd_pdrop=dropout,
            attn_pdrop=dropout,
            # No tokens here: without these the defaults point beyond a vocabulary of one.
            vocab_size=1,
            bos_token_id=None,
            eos_token_id=None,
            attn_implementation="sdpa",
        )
        self.gpt_model = GPT2Model(GPT2Config(**settings))
        del self.gpt_model.wte

    def forward(self, steps: Tensor) -> Tensor:
        """Foretell from ``steps`` (N, T, C) the steps after each of them, and on: (N, T + length - 1, C).

        Raises:
            ValueError: more positions than ``max_positions``.
        """
        length = self.output_len if self.training else self.output_len_eval
        if steps.shape[1] + length - 1 > self.max_positions:
            raise ValueError(
                f"{steps.shape[1]} steps and a roll-out of {length} need {steps.shape[1] + length - 1} positions; "
                f"future_predictor.max_positions={self.max_positions}"
            )
        hidden, cache = self.encoder(steps), None
        seen = []
        for _ in range(length):
            outputs = self.gpt_model(inputs_embeds=hidden, past_key_values=cache, use_cache=length > 1)
            seen.append(outputs.last_hidden_state)
            hidden, cache = seen[-1][:, -1:], outputs.past_key_values
        return self.decoder(torch.cat(seen, 1))
