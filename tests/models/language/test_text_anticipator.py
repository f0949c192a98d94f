from types import SimpleNamespace

import pytest
import torch

from mmxkd.convert.text_teacher import convert_text_teacher, to_official_key
from mmxkd.distill.teachers.online import OnlineTeacher
from mmxkd.errors import ConfigError, DataError
from mmxkd.models.language.bert_mlm import BertMLM
from mmxkd.models.language.encoders import build_masked_lm
from mmxkd.models.language.pretrained import PretrainedLanguageModel
from mmxkd.models.language.text_anticipator import TextAnticipator
from mmxkd.structures import DataSample

CONFIG = dict(
    model_type="bert",
    hidden_size=16,
    num_hidden_layers=1,
    num_attention_heads=2,
    intermediate_size=24,
    vocab_size=20,
    max_position_embeddings=32,
)
TEXTS = [torch.tensor([2, 5, 6, 3]), torch.tensor([2, 3])]


def model(**options):
    sizes = dict(num_classes=5, num_verbs=3, num_nouns=4, multi_task=(0.7, 0.2, 0.1))
    options = {**sizes, "data_preprocessor": dict(type="TextPreprocessor", vocab_size=20), **options}
    return TextAnticipator(dict(config=CONFIG), **options).eval()


def samples(*labels):
    names = ("gt_label", "gt_verb", "gt_noun")
    return [DataSample(**{name: torch.tensor(label) for name, label in zip(names, row, strict=True)}) for row in labels]


def batch(net, texts=TEXTS):
    return net.data_preprocessor({"inputs": texts, "data_samples": None})["inputs"]


def test_outputs_losses_and_prediction():
    net = model()
    outputs = net.extract(batch(net), None, net.available())
    assert {key: tuple(value.shape) for key, value in outputs.items()} == {
        "logits": (2, 5),
        "logits/verb": (2, 3),
        "logits/noun": (2, 4),
        "feat": (2, 16),
        "hidden": (2, 4, 16),
        "mask": (2, 4),
    }
    torch.testing.assert_close(outputs["feat"], outputs["hidden"][:, 0])
    rows = samples((1, 2, 3), (0, -1, 2))
    losses = net.loss_from(outputs, rows)
    verb = torch.nn.functional.cross_entropy(outputs["logits/verb"][:1], torch.tensor([2]))
    torch.testing.assert_close(losses["loss_verb"], 0.2 * verb)
    assert set(losses) == {"loss_action", "loss_verb", "loss_noun"}
    predicted = net(batch(net), rows, mode="predict")
    torch.testing.assert_close(predicted[0].pred_score, outputs["logits"][0].softmax(-1))


def test_an_example_can_be_counted():
    net = model()
    assert net(net.example_inputs()).shape == net(net.example_inputs((7,))).shape == (1, 5)


def test_without_multi_task_there_is_one_head():
    net = model(multi_task=None)
    assert net.available() == {"logits", "feat", "hidden", "mask"}
    assert not any("verb" in name for name, _ in net.named_parameters())
    net(batch(net), samples((1, 2, 3), (0, 1, 2)), mode="loss")["loss_action"].backward()
    assert all(parameter.grad is not None for parameter in net.parameters())


def test_class_weights_follow_the_records():
    net = model(weigh_classes=True, absent_weight=1.0)
    rows = samples((1, 2, 3), (0, 1, 2))
    with pytest.raises(ConfigError, match="TrainingSetHook"):
        net(batch(net), rows, mode="loss")
    counts = {"action": [6, 2, 0, 0, 0], "verb": [0, 6, 2], "noun": [0, 0, 4, 4]}
    net.learn_from(SimpleNamespace(class_counts=lambda: counts))
    assert net.class_weights["logits"].tolist() == pytest.approx([2 / 3, 2.0, 1, 1, 1])
    outputs = net.extract(batch(net), rows, net.loss_keys)
    losses = torch.nn.functional.cross_entropy(outputs["logits"], torch.tensor([1, 0]), reduction="none")
    expected = 0.7 * (2 * losses[0] + 2 / 3 * losses[1]) / (2 + 2 / 3)
    torch.testing.assert_close(net.loss_from(outputs, rows)["loss_action"], expected)
    with pytest.raises(ConfigError, match=r"out_action has 5 classes, the data set counts \(3,\)"):
        net.learn_from(SimpleNamespace(class_counts=lambda: {**counts, "action": [1, 2, 3]}))


@pytest.mark.parametrize("options", [dict(num_verbs=None), dict(multi_task=(0.5, 0.5))])
def test_multi_task_needs_three_weights_and_sizes(options):
    with pytest.raises(ConfigError, match="three weights"):
        model(**options)


def test_teaches_online_from_what_the_sample_carries():
    net = model()
    teacher = OnlineTeacher(net, inputs_from="teacher_inputs")
    teacher.prepare("cpu")
    rows = samples((1, 2, 3), (0, 1, 2))
    for row, text in zip(rows, TEXTS, strict=True):
        row.set_field(text, "teacher_inputs", field_type="metainfo")
    said = teacher(torch.zeros(2, 1, 3, 4, 8, 8), rows, {"logits", "feat"}).tensors
    expected = net.extract(batch(net), None, {"logits", "feat"})
    torch.testing.assert_close(said, expected)


def test_official_checkpoint_converts():
    net = model()
    official = {to_official_key(key): value for key, value in net.state_dict().items()}
    assert "LM_base.embeddings.word_embeddings.weight" in official
    surplus = {
        "LM_base.embeddings.position_ids": torch.zeros(1, 32),
        "LM_base.pooler.dense.weight": torch.zeros(16, 16),
        "lin_trf.weight": torch.zeros(2, 16),
    }
    conversion = convert_text_teacher({**official, **surplus})
    assert set(conversion.dropped) == set(surplus)
    other = model()
    other.load_state_dict(conversion.state_dict)
    torch.testing.assert_close(other(batch(other)), net(batch(net)))
    with pytest.raises(DataError, match="neither a text teacher"):
        convert_text_teacher({"student.weight": torch.zeros(1)})


@pytest.mark.parametrize("source", ["masked_lm", "official", "teacher", "folder"])
def test_starts_from_a_language_model(source, tmp_path):
    pretrained = build_masked_lm(CONFIG)
    path = tmp_path / "start.pth"
    if source == "folder":
        path = tmp_path / "hf"
        pretrained.save_pretrained(path)
    elif source == "masked_lm":
        lm = BertMLM(dict(config=CONFIG))
        lm.lm.load_state_dict(pretrained.state_dict())
        torch.save({"state_dict": lm.state_dict()}, path)
    elif source == "official":
        state = {**pretrained.state_dict(), "bert.embeddings.position_ids": torch.zeros(1, 32), "cls.seq_relationship.bias": torch.zeros(2)}
        torch.save({"state_dict": convert_text_teacher(state).state_dict}, path)
    else:
        teacher = model()
        teacher.encoder.load_state_dict(pretrained.base_model.state_dict())
        torch.save({"state_dict": teacher.state_dict()}, path)
    net = model()
    PretrainedLanguageModel(str(path))(net)
    for name, value in pretrained.base_model.state_dict().items():
        torch.testing.assert_close(net.encoder.state_dict()[name], value)


def test_a_start_of_another_size_is_refused(tmp_path):
    torch.save({"state_dict": BertMLM(dict(config={**CONFIG, "vocab_size": 21})).state_dict()}, tmp_path / "a.pth")
    with pytest.raises(DataError, match=r"word_embeddings\.weight: \(21, 16\) in the file, \(20, 16\) in the model"):
        PretrainedLanguageModel(str(tmp_path / "a.pth"))(model())
    torch.save({"state_dict": {"head.weight": torch.zeros(1)}}, tmp_path / "b.pth")
    with pytest.raises(DataError, match="holds no encoder"):
        PretrainedLanguageModel(str(tmp_path / "b.pth"))(model())
