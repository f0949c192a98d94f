"""Official directories into ours, and ours into plain Hugging Face folders."""

import pytest
import torch

from mmxkd.apis.convert import convert_file
from mmxkd.checkpoints import load_state_dict
from mmxkd.convert.hugging_face import export_hugging_face
from mmxkd.convert.vidlankd import convert_vidlankd, to_official_key, to_our_key
from mmxkd.datasets.language.tokenizers import assemble_tokenizer
from mmxkd.distill.distiller import Distiller
from mmxkd.distill.teachers.online import OnlineTeacher
from mmxkd.errors import DataError
from mmxkd.registry import MODELS

ENCODER = dict(vocab_size=20, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, max_position_embeddings=12)


@pytest.fixture
def model():
    torch.manual_seed(0)
    return MODELS.build(dict(type="BertMLM", encoder=dict(config=ENCODER)))


@pytest.fixture
def official(model):
    return {to_official_key(key): value for key, value in model.state_dict().items()}


def head(width=8):
    return {f"{layer}.{kind}": torch.randn(width, width) if kind == "weight" and layer != "layer_norm" else torch.randn(width)
            for layer in ("dense", "layer_norm", "decoder") for kind in ("weight", "bias")}  # fmt: skip


@pytest.mark.parametrize("extras", [(), ("bert.embeddings.position_ids",), ("bert.pooler.dense.weight", "bert.pooler.dense.bias")])
def test_pooler_and_position_ids_may_be_there(model, official, extras):
    conversion = convert_vidlankd({"pytorch_model.bin": {**official, **{key: torch.zeros(8) for key in extras}}, "config.json": {}})
    model.load_state_dict(conversion.state_dict)
    assert set(conversion.dropped) == {*extras, "config.json"}


def test_heads_become_connectors_of_the_terms(model, official):
    state = dict(official)
    for name in ("kd1_student_head", "kd2_student_head", "kd2_teacher_head"):
        state.update({f"{name}.{key}": value for key, value in head().items()})
    conversion = convert_vidlankd({"pytorch_model.bin": state})
    connector = dict(type="MLPConnector", in_features=8)
    terms = [dict(loss=dict(type=loss), student="hidden", teacher="hidden", connector=connector) for loss in ("NST", "InBatchContrast")]
    distiller = Distiller(model, OnlineTeacher(model), terms)
    distiller.load_state_dict(conversion.state_dict)
    assert torch.equal(distiller.terms[1].connector.dense.weight, state["kd2_student_head.dense.weight"])
    assert {key.split(".")[0] for key in conversion.dropped} == {"kd2_teacher_head"}
    alone = {key: value for key, value in state.items() if not key.startswith("kd1")}
    assert "distill.terms.0.connector.dense.weight" in convert_vidlankd(alone).state_dict


def test_keys_go_both_ways():
    heads = ("kd1_student_head", "kd2_student_head")
    for key in (
        "lm.bert.encoder.layer.0.output.dense.bias",
        "lm.cls.predictions.bias",
        "video.bert.pooler.dense.weight",
        "video.embeddings.1.bias",
        "video.mlp.3.weight",
        "hinge_head.linear_decoder.bias",
        "distill.terms.1.connector.layer_norm.weight",
    ):
        assert to_our_key(to_official_key(key, heads), heads) == key


def test_a_directory_is_read_and_its_pickles_are_left_alone(model, official, tmp_path):
    folder = tmp_path / "checkpoint-epoch0019"
    folder.mkdir()
    torch.save(official, folder / "pytorch_model.bin")
    (folder / "training_args.bin").write_bytes(b"not to be opened")
    (folder / "config.json").write_text("{}")
    lines = list(convert_file("vidlankd", folder, tmp_path / "ours.pth"))
    assert "dropped (not weights): config.json" in lines
    model.load_state_dict(load_state_dict(tmp_path / "ours.pth"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no checkpoint in this folder"):
        list(convert_file("vidlankd", tmp_path / "empty", tmp_path / "x.pth"))


def test_what_is_no_such_checkpoint_says_so(official):
    with pytest.raises(DataError, match=r"no 'bert\.embeddings\.word_embeddings\.weight'.*'other'"):
        convert_vidlankd({"pytorch_model.bin": {"other": torch.zeros(1)}})
    torn = {**official, "cls.predictions.decoder.weight": torch.zeros(20, 8)}
    with pytest.raises(DataError, match=r"decoder\.weight is not the word embedding"):
        convert_vidlankd(torn)


def test_a_student_opens_in_transformers_without_us(model, tmp_path):
    import transformers

    torch.save({"state_dict": {**model.state_dict(), "distill.terms.0.connector.x": torch.zeros(1)}}, tmp_path / "student.pth")
    tokenizer = assemble_tokenizer("bert", ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijklmno"])
    name = export_hugging_face(tmp_path / "student.pth", ENCODER, tmp_path / "hf", tokenizer)
    assert name == "BertForMaskedLM"
    (tmp_path / "hf" / "stale").touch()
    export_hugging_face(tmp_path / "student.pth", ENCODER, tmp_path / "hf", tokenizer)
    assert not (tmp_path / "hf" / "stale").exists()
    plain = transformers.AutoModel.from_pretrained(tmp_path / "hf", local_files_only=True).eval()
    reread = transformers.AutoTokenizer.from_pretrained(tmp_path / "hf", local_files_only=True)
    inputs = reread("a b c", return_tensors="pt")
    ours = model.eval().extract(inputs, None, {"hidden"})["hidden"]
    torch.testing.assert_close(plain(**inputs).last_hidden_state, ours)


def test_a_classifier_opens_too_and_misfits_are_named(tmp_path):
    import transformers

    torch.manual_seed(0)
    model = MODELS.build(dict(type="TextClassifier", encoder=dict(config=ENCODER), num_classes=3)).eval()
    torch.save({"state_dict": model.state_dict()}, tmp_path / "classifier.pth")
    assert export_hugging_face(tmp_path / "classifier.pth", ENCODER, tmp_path / "hf") == "BertForSequenceClassification"
    plain = transformers.AutoModelForSequenceClassification.from_pretrained(tmp_path / "hf", local_files_only=True).eval()
    inputs = {"input_ids": torch.tensor([[2, 7, 3]]), "attention_mask": torch.ones(1, 3)}
    torch.testing.assert_close(plain(**inputs).logits, model(inputs))
    with pytest.raises(DataError, match="does not fit the config"):
        export_hugging_face(tmp_path / "classifier.pth", {**ENCODER, "hidden_size": 16}, tmp_path / "other")
    torch.save({"state_dict": {"head.fc.weight": torch.zeros(1)}}, tmp_path / "video.pth")
    with pytest.raises(DataError, match="no language model in it"):
        export_hugging_face(tmp_path / "video.pth", ENCODER, tmp_path / "other")
    assert not (tmp_path / "other").exists()
