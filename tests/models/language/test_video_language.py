import pytest
import torch

from mmxkd.errors import ConfigError, DataError
from mmxkd.registry import MODELS
from mmxkd.structures import DataSample

IDS = dict(pad=0, unk=1, cls=2, sep=3, mask=4)
ENCODER = dict(
    vocab_size=50,
    hidden_size=16,
    num_hidden_layers=1,
    num_attention_heads=2,
    intermediate_size=32,
    max_position_embeddings=20,
)


def build(**options):
    torch.manual_seed(0)
    process = dict(type="VideoTextPreprocessor", vocab_size=50, special_ids=IDS, probability=0.5)
    video = dict(in_features=6, mid_features=8)
    return MODELS.build(dict(type="VideoLanguageModel", encoder=dict(config=ENCODER), video=video, data_preprocessor=process, **options))


def batch(frames=(3, 5)):
    generator = torch.Generator().manual_seed(1)
    inputs = [
        {
            "input_ids": torch.cat([torch.tensor([2]), torch.randint(5, 50, (6 + n,), generator=generator), torch.tensor([3])]),
            "video": torch.randn(count, 6, generator=generator),
            "video_mask": torch.ones(count, dtype=torch.bool),
        }
        for n, count in enumerate(frames)
    ]
    samples = [DataSample(metainfo=dict(index=i, epoch=0, seed=0, uid=str(i))) for i in range(len(inputs))]
    return {"inputs": inputs, "data_samples": samples}


@pytest.mark.parametrize(("train_video", "learns"), [("none", set()), ("head", {"mlp"}), ("all", {"bert", "embeddings", "mlp"})])
def test_what_learns(train_video, learns):
    model = build(train_video=train_video).train()
    data = model.data_preprocessor(batch(), training=True)
    model.parse_losses(model(**data, mode="loss"))[0].backward()
    reached = {name.split(".")[1] for name, value in model.named_parameters() if name.startswith("video.") and value.grad is not None}
    assert reached == learns
    unreached = [name for name, value in model.named_parameters() if value.requires_grad and value.grad is None]
    assert unreached == []
    assert model.video.bert.training == (train_video == "all")
    assert build(train_video=train_video, frozen_dropout=True).train().video.bert.training


def test_padding_of_clips_and_sentences_changes_nothing():
    model = build().eval()
    data, alone = batch(), batch()
    alone = {key: value[:1] for key, value in alone.items()}
    want = {"text_feat", "video_feat"}
    with torch.no_grad():
        both, one = (model.extract(model.data_preprocessor(side)["inputs"], None, want) for side in (data, alone))
    for key in want:
        torch.testing.assert_close(both[key][:1], one[key], atol=1e-5, rtol=0)
    torch.testing.assert_close(both["video_feat"].norm(dim=1), torch.ones(2))


def test_clips_without_frames_have_an_output():
    model = build().eval()
    inputs = model.data_preprocessor(batch())["inputs"]
    inputs["video_mask"].zero_()
    assert torch.isfinite(model.extract(inputs, None, {"video_feat"})["video_feat"]).all()


def test_margins_and_weights_do_what_they_say():
    data = build().data_preprocessor(batch(), training=True)
    losses = [build(margin=margin).eval()(**data, mode="loss")["loss_hinge"] for margin in (3.0, 4.0)]
    torch.testing.assert_close(losses[1] - losses[0], torch.ones(()))
    half = build(margin=3.0, hinge_weight=0.5).eval()(**data, mode="loss")["loss_hinge"]
    torch.testing.assert_close(half, losses[0] / 2)
    assert set(build(mlm_weight=0).eval()(**data, mode="loss")) == {"loss_hinge"}


def test_a_text_model_takes_its_checkpoint():
    teacher = build(hinge_head=True)
    student = MODELS.build(dict(type="BertMLM", encoder=dict(config=ENCODER)))
    student.load_state_dict(teacher.state_dict())
    inputs = {"input_ids": torch.tensor([[2, 9, 3]]), "attention_mask": torch.ones(1, 3)}
    torch.testing.assert_close(*(model.eval().extract(inputs, None, {"hidden"})["hidden"] for model in (teacher, student)))


def test_what_does_not_fit_is_named():
    with pytest.raises(ConfigError, match=r"train_video='some'.*accepted"):
        build(train_video="some")
    model = build()
    inputs = model.data_preprocessor(batch(frames=(3, 25)))["inputs"]
    with pytest.raises(DataError, match="25 frames with 6 features; the model takes up to 20 frames"):
        model.extract(inputs, None, {"video_feat"})
