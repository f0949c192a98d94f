import pytest
import torch

from mmxkd.errors import ConfigError, DataError
from mmxkd.models.language.encoders import ENCODERS, build_encoder, build_masked_lm, encoder_config, masked_lm_head

WIDE = dict(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=24, vocab_size=20, max_position_embeddings=32)
CONFIGS = {
    "albert": {**WIDE, "embedding_size": 8},
    "bert": WIDE,
    "deberta": {**WIDE, "relative_attention": True, "pos_att_type": ["c2p", "p2c"], "max_relative_positions": 8},
    "distilbert": dict(dim=16, n_layers=1, n_heads=2, hidden_dim=24, vocab_size=20, max_position_embeddings=32),
    "electra": {**WIDE, "embedding_size": 8},
    "roberta": WIDE,
}
IDS = {"input_ids": torch.tensor([[2, 5, 6, 7], [2, 8, 0, 0]]), "attention_mask": torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]])}


@pytest.mark.parametrize("kind", ENCODERS)
def test_each_type_with_head_and_from_its_own_folder(kind, tmp_path):
    model = build_masked_lm({"model_type": kind, **CONFIGS[kind]}).eval()
    hidden = model.base_model(**IDS).last_hidden_state
    assert hidden.shape == (2, 4, 16)
    torch.testing.assert_close(masked_lm_head(model)(hidden), model(**IDS).logits)
    model.save_pretrained(tmp_path)
    again = build_encoder(pretrained=str(tmp_path)).eval()
    torch.testing.assert_close(again(**IDS).last_hidden_state, hidden)
    assert not any("pooler" in name for name, _ in again.named_parameters())


def test_a_pooler_only_on_request():
    config = {"model_type": "bert", **WIDE}
    assert not any("pooler" in name for name, _ in build_encoder(config).named_parameters())
    assert any("pooler" in name for name, _ in build_encoder(config, pooler=True).named_parameters())


def test_a_folder_of_a_headless_model_leaves_the_head_and_reads_bin(tmp_path):
    encoder = build_encoder({"model_type": "electra", **CONFIGS["electra"]}).eval()
    encoder.config.save_pretrained(tmp_path)
    torch.save({f"electra.{key}": value for key, value in encoder.state_dict().items()}, tmp_path / "pytorch_model.bin")
    model = build_masked_lm(pretrained=str(tmp_path)).eval()
    torch.testing.assert_close(model.base_model(**IDS).last_hidden_state, encoder(**IDS).last_hidden_state)


def test_folders_that_do_not_fill_the_encoder(tmp_path):
    with pytest.raises(DataError, match=r"no folder with a config\.json"):
        build_encoder(pretrained=str(tmp_path / "nothing"))
    encoder = build_encoder({"model_type": "bert", **WIDE})
    encoder.config.save_pretrained(tmp_path)
    state = {key: value for key, value in encoder.state_dict().items() if "word_embeddings" not in key}
    torch.save(state, tmp_path / "pytorch_model.bin")
    with pytest.raises(DataError, match="weights of the encoder are not in the files"):
        build_encoder(pretrained=str(tmp_path))
    with pytest.raises(DataError, match="holds a 'bert', asked for 'roberta'"):
        build_encoder({"model_type": "roberta"}, pretrained=str(tmp_path))


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({}, "model_type=None; accepted: albert"),
        ({"model_type": "gpt2"}, "model_type='gpt2'; accepted"),
        ({"model_type": "bert", "hiden_size": 8}, "did you mean 'hidden_size'"),
        ({"model_type": "bert", "hidden_act": 3}, "of 'bert': .*hidden_act"),
        ({"model_type": "bert", "position_embedding_type": "relative_key"}, "accepted: 'absolute'"),
    ],
)
def test_bad_configs(config, message):
    with pytest.raises(ConfigError, match=message):
        encoder_config(config)


def test_neither_config_nor_folder():
    with pytest.raises(ConfigError, match="neither config nor pretrained"):
        build_encoder()
