"""Masking, the preprocessor, and the masked language model."""

import pytest
import torch

from mmxkd.errors import ConfigError, DataError
from mmxkd.models.language.mlm_masking import IGNORED, SpecialIds, mask_tokens
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
    hidden_dropout_prob=0.0,
    attention_probs_dropout_prob=0.0,
)


def preprocessor(**options):
    return MODELS.build(dict(type="MLMPreprocessor", vocab_size=50, special_ids=IDS, **{"probability": 0.5, **options}))


def batch(lengths=(8, 5), epoch=0, seed=0):
    generator = torch.Generator().manual_seed(1)
    texts = [torch.cat([torch.tensor([2]), torch.randint(5, 50, (n,), generator=generator), torch.tensor([3])]) for n in lengths]
    samples = [DataSample(metainfo=dict(index=i, epoch=epoch, seed=seed, uid=str(i))) for i in range(len(texts))]
    return {"inputs": [{"input_ids": text} for text in texts], "data_samples": samples}


@pytest.fixture
def model():
    torch.manual_seed(0)
    return MODELS.build(dict(type="BertMLM", encoder=dict(config=ENCODER), data_preprocessor=preprocessor()))


def test_special_tokens_are_never_selected_and_labels_hold_the_originals():
    ids = torch.randint(0, 50, (40, 30), generator=torch.Generator().manual_seed(0))
    special = SpecialIds(**IDS)
    masked, labels = mask_tokens(ids, torch.Generator().manual_seed(3), 50, special, 1.0)
    fixed = (ids == 0) | (ids == 2) | (ids == 3)
    assert torch.equal(labels == IGNORED, fixed)
    assert torch.equal(labels[~fixed], ids[~fixed])
    assert torch.equal(masked[fixed], ids[fixed])
    assert 0.75 < (masked[~fixed] == 4).float().mean() < 0.85


def test_random_words_can_be_kept_from_special_ids():
    ids = torch.full((60, 60), 7)
    for words, expected in ((None, True), (torch.arange(5, 50), False)):
        masked, _ = mask_tokens(ids, torch.Generator().manual_seed(0), 50, SpecialIds(**IDS), 1.0, words)
        assert bool(((masked < 4) & (masked != 7)).any()) == expected


def test_masks_follow_from_seed_epoch_and_index_alone():
    process = preprocessor()
    first = process(batch(), training=True)["inputs"]
    assert torch.equal(first["input_ids"], process(batch(), training=True)["inputs"]["input_ids"])
    assert not torch.equal(first["labels"], process(batch(epoch=1), training=True)["inputs"]["labels"])
    assert not torch.equal(first["labels"], process(batch(seed=1), training=True)["inputs"]["labels"])
    alone = batch()
    alone = {key: value[1:] for key, value in alone.items()}
    assert torch.equal(process(alone, training=True)["inputs"]["labels"][0], first["labels"][1, :7])
    torch.manual_seed(5)
    evaluated = [process(batch(epoch=epoch), training=False)["inputs"]["labels"] for epoch in (0, 3)]
    assert torch.equal(*evaluated)


def test_published_masks_follow_the_global_stream():
    process = preprocessor(mode="published", special_replacements=True)
    torch.manual_seed(3)
    inputs = process(batch(), training=True)["inputs"]
    torch.manual_seed(3)
    rows = torch.nn.utils.rnn.pad_sequence([text["input_ids"] for text in batch()["inputs"]], batch_first=True)
    masked, labels = mask_tokens(rows, torch.default_generator, 50, SpecialIds(**IDS), 0.5)
    assert torch.equal(inputs["input_ids"], masked)
    assert torch.equal(inputs["labels"], labels)
    assert torch.equal(inputs["attention_mask"], (masked != 0).long())


def test_collated_dicts_and_counts():
    collated = batch((6, 6))
    collated["inputs"] = {"input_ids": [text["input_ids"] for text in collated["inputs"]]}
    out = preprocessor()(collated)
    assert [sample.mlm_count for sample in out["data_samples"]] == (out["inputs"]["labels"] != IGNORED).sum(1).tolist()


@pytest.mark.parametrize("options", [dict(probability=0), dict(mode="batch")])
def test_options_are_checked(options):
    with pytest.raises(ConfigError, match="accepted"):
        preprocessor(**options)


def test_the_head_runs_on_masked_tokens_alone_and_gives_the_same_loss(model):
    data = model.data_preprocessor(batch(), training=True)
    outputs = model.extract(data["inputs"], data["data_samples"], {"hidden", "mlm_logits", "mlm_labels"})
    labels = data["inputs"]["labels"]
    assert outputs["mlm_logits"].shape == (int((labels != IGNORED).sum()), 50)
    everywhere = model.lm.cls(outputs["hidden"])
    expected = torch.nn.functional.cross_entropy(everywhere.flatten(0, 1), labels.flatten(), ignore_index=IGNORED)
    loss = model(**data, mode="loss")["loss_mlm"]
    torch.testing.assert_close(loss, expected)


def test_nothing_masked_is_a_zero_loss_with_finite_gradients(model):
    data = model.data_preprocessor(batch(), training=True)
    data["inputs"]["labels"].fill_(IGNORED)
    loss = model(**data, mode="loss")["loss_mlm"]
    loss.backward()
    assert loss == 0
    assert all(p.grad is not None and (p.grad == 0).all() for p in model.parameters())


def test_an_all_padding_batch_stays_finite(model):
    data = model.data_preprocessor(batch(), training=True)
    data["inputs"]["input_ids"].fill_(0)
    data["inputs"]["attention_mask"].fill_(0)
    loss = model(**data, mode="loss")["loss_mlm"]
    loss.backward()
    assert torch.isfinite(loss)
    assert all(torch.isfinite(p.grad).all() for p in model.parameters())


def test_another_vocabulary_is_refused_before_a_gpu_sees_it(model):
    inputs = {"input_ids": torch.tensor([[2, 77, 3]]), "attention_mask": torch.ones(1, 3)}
    with pytest.raises(DataError, match=r"token id 77 in a model of 50 words.*different vocabularies"):
        model.extract(inputs, None, {"hidden"})


def test_predictions_are_sums_per_sample(model):
    data = model.data_preprocessor(batch())
    with torch.no_grad():
        loss = model(**data, mode="loss")["loss_mlm"]
        samples = model(**data, mode="predict")
    total, count = sum(float(s.mlm_loss) for s in samples), sum(s.mlm_count for s in samples)
    assert total / count == pytest.approx(float(loss), rel=1e-5)


def test_no_weight_trains_no_head():
    model = MODELS.build(dict(type="BertMLM", encoder=dict(config=ENCODER), mlm_weight=0))
    trained = {name for name, value in model.named_parameters() if value.requires_grad}
    assert trained
    assert not any(name.startswith("lm.cls") for name in trained)
    assert model.loss_keys == frozenset()
