import pytest
import torch

from mmxkd.models.losses import classification_loss
from mmxkd.registry import MODELS
from mmxkd.structures import DataSample


@pytest.fixture
def model():
    torch.manual_seed(0)
    backbone = dict(type="VideoFocalNet", img_size=32, embed_dim=4, depths=[1], focal_levels=[1], focal_windows=[3], num_frames=2)
    return MODELS.build(dict(type="VideoRecognizer", backbone=backbone, head=dict(type="LinearHead", num_classes=3, in_features=4)))


def samples(*labels):
    return [DataSample(gt_label=torch.tensor(label)) for label in labels]


def test_views_are_averaged_as_probabilities(model):
    clips = torch.randn(2, 3, 3, 2, 32, 32) * 3
    outputs = model.extract(clips, None, {"logits", "view_logits"})
    assert outputs["view_logits"].shape == (2, 3, 3)
    torch.testing.assert_close(outputs["logits"].softmax(-1), outputs["view_logits"].softmax(-1).mean(1))


def test_modes_compose_the_contract(model):
    clips = torch.randn(2, 1, 3, 2, 32, 32)
    assert model(clips).shape == (2, 3)
    loss = model(clips, samples(0, 2), mode="loss")["loss_cls"]
    torch.testing.assert_close(loss, torch.nn.functional.cross_entropy(model(clips), torch.tensor([0, 2])))
    predicted = model(clips, samples(0, 2), mode="predict")
    torch.testing.assert_close(predicted[1].pred_score.sum(), torch.tensor(1.0))
    assert predicted[1].pred_label == predicted[1].pred_score.argmax()
    with pytest.raises(ValueError, match="needs data_samples"):
        model(clips, mode="loss")
    with pytest.raises(ValueError, match="accepted"):
        model(clips, samples(0, 0), mode="train")


def test_unknown_argument_names_itself():
    with pytest.raises(TypeError, match="num_class"):
        MODELS.build(dict(type="LinearHead", num_class=3, in_features=4))


def test_unlabelled_samples_do_not_count():
    logits = torch.randn(3, 4, requires_grad=True)
    labelled = classification_loss(logits[:2], torch.tensor([1, 3]))
    torch.testing.assert_close(classification_loss(logits, torch.tensor([1, 3, -1])), labelled)
    nothing = classification_loss(logits, torch.tensor([-1, -1, -1]))
    nothing.backward()
    assert nothing == 0
    assert (logits.grad == 0).all()


def test_soft_targets_replace_labels():
    logits, target = torch.randn(2, 3), torch.tensor([[0.7, 0.2, 0.1], [0.0, 0.0, 0.0]])
    expected = -(target[0] * logits[0].log_softmax(-1)).sum()
    torch.testing.assert_close(classification_loss(logits, torch.tensor([2, 2]), target), expected)
