import pytest
import torch

from mmxkd.errors import ConfigError, DataError
from mmxkd.registry import MODELS
from mmxkd.structures import DataSample

ENCODER = dict(vocab_size=20, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, max_position_embeddings=12)
INPUTS = {"input_ids": torch.tensor([[2, 7, 3], [2, 8, 3]]), "attention_mask": torch.ones(2, 3)}


def build(**options):
    torch.manual_seed(0)
    return MODELS.build(dict(type="TextClassifier", encoder=dict(config=ENCODER), **{"num_classes": 3, **options}))


def test_it_starts_from_a_student_with_a_pooler_of_its_own(tmp_path):
    torch.manual_seed(1)
    student = MODELS.build(dict(type="BertMLM", encoder=dict(config=ENCODER)))
    torch.save({"state_dict": {**student.state_dict(), "distill.terms.0.x": torch.zeros(1)}}, tmp_path / "student.pth")
    model, fresh = build(checkpoint=str(tmp_path / "student.pth")), build()
    model.init_weights()
    hidden = [side.eval().extract(INPUTS, None, {"hidden"})["hidden"] for side in (model, student)]
    torch.testing.assert_close(*hidden)
    assert torch.equal(model.encoder.pooler.dense.weight, fresh.encoder.pooler.dense.weight)


def test_a_student_of_another_size_is_refused(tmp_path):
    student = MODELS.build(dict(type="BertMLM", encoder=dict(config={**ENCODER, "num_hidden_layers": 2})))
    torch.save({"state_dict": student.state_dict()}, tmp_path / "student.pth")
    with pytest.raises(DataError, match=r"encoder\.layer\.1.*is not in the model"):
        build(checkpoint=str(tmp_path / "student.pth")).init_weights()
    with pytest.raises(ConfigError, match="num_classes=0"):
        build(num_classes=0)


def test_classes_and_values():
    samples = [DataSample(gt_label=torch.tensor(label)) for label in (0, 2)]
    model = build().eval()
    logits = model(INPUTS)
    loss = model(INPUTS, samples, "loss")["loss_cls"]
    torch.testing.assert_close(loss, torch.nn.functional.cross_entropy(logits, torch.tensor([0, 2])))
    assert [int(sample.pred_label) for sample in model(INPUTS, samples, "predict")] == logits.argmax(1).tolist()
    values = [DataSample(gt_value=torch.tensor(value)) for value in (1.0, 2.0)]
    model = build(num_classes=1).eval()
    error = model(INPUTS, values, "loss")["loss_cls"]
    torch.testing.assert_close(error, (model(INPUTS)[:, 0] - torch.tensor([1.0, 2.0])).square().mean())
    assert float(model(INPUTS, values, "predict")[1].pred_value) == float(model(INPUTS)[1, 0])
