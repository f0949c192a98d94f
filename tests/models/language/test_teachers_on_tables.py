"""Text teachers take what the data sets give."""

import pytest
import torch
from mmengine.dataset import pseudo_collate

from mmxkd.datasets.anticipation import ActionHistoryDataset, HistoryTextDataset
from mmxkd.registry import MODELS

ROWS = [
    ("a", 0, 2, "take", "pan", "training"),
    ("a", 2.5, 4, "wash", "pan", "training"),
    ("a", 4, 6, "put", "pan", "training"),
    ("b", 0, 2, "take", "knife", "training"),
    ("b", 3, 4, "stir", "", "training"),
    ("c", 0, 2, "take", "knife", "validation"),
    ("c", 3, 4, "wash", "knife", "validation"),
]


@pytest.fixture
def table(tmp_path):
    lines = ["video,start,stop,verb,noun,split", *(",".join(map(str, row)) for row in ROWS)]
    (tmp_path / "segments.csv").write_text("\n".join(lines) + "\n")
    return dict(type="CsvTable", root=str(tmp_path), ann_file="segments.csv")


def losses(model, dataset):
    model.learn_from(dataset)
    batch = model.data_preprocessor(pseudo_collate([dataset[row] for row in range(len(dataset))]))
    return model(**batch, mode="loss"), model(**batch, mode="predict")


def test_object_memory_reads_action_histories(table):
    dataset = ActionHistoryDataset(table, "training", timing=True)
    meta = dataset.metainfo
    classes = len(meta["classes"])
    model = MODELS.build(
        dict(
            type="ObjectMemoryAnticipator",
            num_classes=classes,
            num_verbs=meta["num_verbs"],
            num_nouns=meta["num_nouns"],
            width=8,
            hidden=8,
            use_gap=True,
            data_preprocessor=dict(type="TextPreprocessor", ids_key="actions", pad_id=classes, vocab_size=classes, allow_empty=True),
        )
    )
    loss, predicted = losses(model.eval(), dataset)
    assert torch.isfinite(loss["loss_action"])
    assert predicted[0].pred_score.shape == (classes,)


def test_text_anticipator_reads_texts_and_counts_records(table, tmp_path):
    tokenizer = dict(kind="bert", path=str(tmp_path / "words"), vocab_size=100)
    dataset = HistoryTextDataset(table, "training", tokenizer=tokenizer, hist_len=2)
    meta = dataset.metainfo
    encoder = dict(model_type="bert", hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8, vocab_size=100)
    model = MODELS.build(
        dict(
            type="TextAnticipator",
            encoder=dict(config=encoder),
            num_classes=len(meta["classes"]),
            num_verbs=meta["num_verbs"],
            num_nouns=meta["num_nouns"],
            multi_task=(0.7, 0.15, 0.15),
            weigh_classes=True,
            data_preprocessor=dict(type="TextPreprocessor", pad_id=meta["pad_token_id"], vocab_size=100),
        )
    )
    loss, _ = losses(model.eval(), dataset)
    assert all(torch.isfinite(value) for value in loss.values())
    # Two of five records are "take"; stir, wash and put occur once: N / (K n_c) = 5 / (4 * 2) and 5 / 4.
    assert sorted(model.class_weights["logits/verb"].tolist()) == [0.625, 1.25, 1.25, 1.25]
