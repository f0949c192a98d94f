import pytest
import torch

from mmxkd.convert.text_teacher import POSITIONS, convert_text_teacher, to_official_key
from mmxkd.errors import DataError
from mmxkd.models.language.encoders import ENCODERS, build_encoder, build_masked_lm
from mmxkd.models.language.pretrained import encoder_weights
from mmxkd.models.language.text_anticipator import TextAnticipator

WIDE = dict(hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=12, vocab_size=20, max_position_embeddings=32)
CONFIGS = {
    "albert": {**WIDE, "embedding_size": 4},
    "deberta": {**WIDE, "relative_attention": True, "pos_att_type": ["c2p", "p2c"], "max_relative_positions": 8},
    "distilbert": dict(dim=8, n_layers=1, n_heads=2, hidden_dim=12, vocab_size=20, max_position_embeddings=32),
    "electra": {**WIDE, "embedding_size": 4},
}


def config(kind):
    return {"model_type": kind, **CONFIGS.get(kind, WIDE)}


@pytest.mark.parametrize("kind", ENCODERS)
def test_every_encoder_with_and_without_its_pooler(kind):
    model = TextAnticipator(dict(config=config(kind)), 5, 3, 4, (0.8, 0.1, 0.1))
    # The release's modules have a pooling layer and, with the transformers of their time, positions among their weights.
    official = {f"LM_base.{key}": value for key, value in build_encoder(config(kind), pooler=True).state_dict().items()}
    official |= {key: value for key, value in model.state_dict().items() if key.startswith("out_")}
    official |= {"LM_base.embeddings.position_ids": torch.arange(32)[None], "lin_trf.bias": torch.zeros(2)}
    conversion = convert_text_teacher(official)
    model.load_state_dict(conversion.state_dict)
    assert conversion.dropped["LM_base.embeddings.position_ids"] == POSITIONS
    assert {to_official_key(key) for key in conversion.state_dict} | set(conversion.dropped) == set(official)


@pytest.mark.parametrize("kind", ENCODERS)
def test_every_masked_language_model_holds_its_encoder(kind):
    lm = build_masked_lm(config(kind))
    conversion = convert_text_teacher({f"module.{key}": value for key, value in lm.state_dict().items()})
    weights = encoder_weights(conversion.state_dict)
    assert set(weights) == set(lm.base_model.state_dict())
    assert all(key.startswith("lm.") for key in conversion.state_dict)


def test_names_of_old_files():
    state = {"bert.embeddings.LayerNorm.gamma": torch.ones(2), "cls.predictions.transform.LayerNorm.beta": torch.zeros(2)}
    assert set(convert_text_teacher({"state_dict": state}).state_dict) == {
        "lm.bert.embeddings.LayerNorm.weight",
        "lm.cls.predictions.transform.LayerNorm.bias",
    }


@pytest.mark.parametrize("checkpoint", [{}, {"student.weight": torch.zeros(1)}, [1]])
def test_other_files(checkpoint):
    with pytest.raises(DataError, match=r"neither a text teacher|not a checkpoint"):
        convert_text_teacher(checkpoint)
