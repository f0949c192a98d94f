"""Token features of sentences, from tiny random text models."""

import json
import sys

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertModel, CLIPConfig, CLIPModel, PreTrainedTokenizerFast

from mmxkd.apis.text_features import extract_text_features, load_text_model
from mmxkd.datasets.features import NpyFeatures
from mmxkd.errors import ConfigError, DataError
from mmxkd.models.language.text_features import TextFeatureExtractor, canonical_question

WORDS = ["<s>", "</s>", "<unk>", "where", "is", "the", "cup", "what", "did", "i", "cut", "?"]


def tokenizer():
    tokens = Tokenizer(models.WordLevel({word: place for place, word in enumerate(WORDS)}, unk_token="<unk>"))
    tokens.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokens.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)])
    return PreTrainedTokenizerFast(tokenizer_object=tokens, bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="</s>")


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """A folder as CLIP checkpoints are: both towers, projections, tokenizer."""
    torch.manual_seed(0)
    text = dict(vocab_size=12, hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2, max_position_embeddings=8)
    text |= dict(bos_token_id=0, eos_token_id=1, pad_token_id=1)
    vision = dict(hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2, image_size=8, patch_size=4)
    folder = tmp_path_factory.mktemp("clip")
    model = CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=8)).eval()
    model.save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    return folder, model


@pytest.mark.parametrize(
    ("text", "canonical"),
    [("Where is the Cup", "where is the cup?"), ("Where is it?", "where is it?"), ("Did I cut it. ", "did i cut it.?"), (" a b?.", "a b?")],
)
def test_canonical_form(text, canonical):
    assert canonical_question(text) == canonical


def test_clips_last_layer_norm_without_projection_and_outer_tokens(clip):
    folder, model = clip
    features = TextFeatureExtractor.from_folder(folder)(["Where is the cup", "What did I cut?"])
    assert [tuple(f.shape) for f in features] == [(5, 16), (5, 16)]
    ids = torch.tensor([[0, 3, 4, 5, 6, 11, 1]])
    with torch.no_grad():
        hidden = model.text_model(input_ids=ids).last_hidden_state
    torch.testing.assert_close(features[0], hidden[0, 1:-1], rtol=1e-5, atol=1e-6)


def test_features_do_not_depend_on_the_batch_and_long_sentences_are_cut(clip):
    extractor = TextFeatureExtractor.from_folder(clip[0])
    alone, together = extractor(["the cup"])[0], extractor(["the cup", "where is the cup ?"])[0]
    torch.testing.assert_close(alone, together, rtol=1e-5, atol=1e-6)
    assert extractor.truncated == 0
    assert extractor(["the cup the cup the cup the cup"])[0].shape == (6, 16)
    assert extractor.truncated == 1
    with pytest.raises(DataError, match="has no token"):
        extractor(["  "])
    assert not extractor.train().training
    assert not any(p.requires_grad for p in extractor.parameters())


def test_any_other_text_model(tmp_path):
    config = BertConfig(
        vocab_size=12, hidden_size=8, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2, max_position_embeddings=16
    )
    BertModel(config).save_pretrained(tmp_path)
    tokenizer().save_pretrained(tmp_path)
    extractor = TextFeatureExtractor.from_folder(tmp_path, canonical=False)
    assert extractor(["where is"])[0].shape == (2, 8)


def test_bundles_travel_weights_only(clip, tmp_path):
    extractor = TextFeatureExtractor.from_folder(clip[0])
    torch.save(extractor.to_bundle(), tmp_path / "bundle.pth")
    bundle = torch.load(tmp_path / "bundle.pth", weights_only=True)
    again = TextFeatureExtractor.from_bundle(bundle)
    assert torch.equal(again(["where is it"])[0], extractor(["where is it"])[0])
    with pytest.raises(DataError, match="cannot be built"):
        TextFeatureExtractor.from_bundle({"config": bundle["config"]})
    del bundle["state_dict"][next(iter(bundle["state_dict"]))]
    with pytest.raises(DataError, match="lacks"):
        TextFeatureExtractor.from_bundle(bundle)


def test_bad_folders(tmp_path, clip):
    with pytest.raises(ConfigError, match="nothing is downloaded"):
        TextFeatureExtractor.from_folder(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "clip"}))
    with pytest.raises(DataError, match="text model"):
        TextFeatureExtractor.from_folder(tmp_path)
    with pytest.raises(ConfigError, match="needs its checkpoint"):
        load_text_model("configs/x.py")


def write_list(path, texts):
    rows = [{"query_id": f"q_{n}", "video_id": "v", "duration": 9, "query": text} for n, text in enumerate(texts)]
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def test_extraction_goes_on_where_it_stopped(clip, tmp_path, monkeypatch):
    extractor = TextFeatureExtractor.from_folder(clip[0])
    first = write_list(tmp_path / "a.jsonl", ["where is the cup?", ""])
    both = write_list(tmp_path / "b.jsonl", ["where is the cup?", "", "what did i cut?"])
    out = tmp_path / "text"
    assert extract_text_features(extractor, [first], out, kind="npy") == (1, 0, 1, 0)
    assert extract_text_features(extractor, [both], out, kind="npy", batch_size=1) == (1, 1, 1, 0)
    np.testing.assert_allclose(NpyFeatures(out).read("q_2"), extractor(["what did i cut?"])[0], rtol=1e-6)
    with pytest.raises(DataError, match="'q_0' has another sentence"):
        extract_text_features(extractor, [first, write_list(tmp_path / "c.jsonl", ["who?"])], out, kind="npy")
    with pytest.raises(ConfigError, match="batch_size=0"):
        extract_text_features(extractor, [first], out, batch_size=0)


def test_command_line(clip, tmp_path, repo, monkeypatch, capsys):
    import runpy

    source = write_list(tmp_path / "a.jsonl", ["where is the cup?"])
    arguments = [str(clip[0]), str(source), "--out", str(tmp_path / "store"), "--device", "cpu"]
    monkeypatch.setattr(sys, "argv", ["extract_text_features.py", *arguments])
    runpy.run_path(str(repo / "tools/data/extract_text_features.py"), run_name="__main__")
    assert "1 written, 0 there already" in capsys.readouterr().out
