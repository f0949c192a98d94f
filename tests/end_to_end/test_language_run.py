"""A text teacher, a student under it, and the same student resumed inside an epoch: equal to the last bit."""

import pytest
import torch

from mmxkd.apis.test import evaluate
from mmxkd.apis.train import train
from mmxkd.datasets.language.line_rules import line_rule
from mmxkd.datasets.language.token_files import Vocabulary, write_tokens
from mmxkd.errors import DataError

CONFIG = """
_base_ = [
    "{repo}/configs/_base_/models/vidlankd_bert_small.py",
    "{repo}/configs/_base_/datasets/wiki103.py",
    "{repo}/configs/_base_/schedules/vidlankd_40e.py",
    "{repo}/configs/_base_/default_runtime.py",
]
_sizes = dict(vocab_size=300, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, max_position_embeddings=16)
model = dict(encoder=dict(config=_sizes), data_preprocessor=dict(vocab_size=300, max_len=16))
_loader = dict(batch_size=4, num_workers=0, persistent_workers=False, pin_memory=False)
train_dataloader = dict(**_loader, dataset=dict(tokens="{tokens}", block_size=10))
val_dataloader = dict(**_loader, dataset=dict(tokens="{tokens}", block_size=10, max_blocks=8))
test_dataloader = dict(**_loader, dataset=dict(tokens="{tokens}", block_size=10, max_blocks=8))
optim_wrapper = dict(optimizer=dict(lr=1e-2), accumulative_counts=1)
param_scheduler = dict(warmup_steps=2, accumulation=1)
train_cfg = dict(max_epochs=2)
visualizer = dict(vis_backends=[dict(type="LocalVisBackend")])
"""
DISTILLED = """
_base_ = ["{base}"]
_student = _base_.model
_head = dict(type="MLPConnector", in_features=16)
model = dict(
    _delete_=True,
    type="Distiller",
    student=_student,
    teacher=dict(type="OnlineTeacher", model=dict(type="BertMLM", encoder=_student.encoder), checkpoint="{teacher}"),
    terms=[
        dict(loss=dict(type="NST"), student="hidden", teacher="hidden", connector=_head, inputs=dict(mask="student.mask")),
        dict(
            loss=dict(type="MemoryBankCRD", in_features=16, num_data=40, num_negatives=4),
            student="hidden",
            teacher="hidden",
            inputs=dict(index="student.index"),
            weight=0.1,
        ),
    ],
)
"""


def write_corpus(folder, hash_="abc"):
    vocabulary = Vocabulary(300, hash_, dict(pad=0, unk=100, cls=101, sep=102, mask=103))
    lines = [" ".join(str(110 + (7 * n + m) % 150) for m in range(20)) for n in range(16)]
    encode = lambda rows: [[int(word) for word in row.split()] for row in rows]  # noqa: E731
    write_tokens(folder, lines, encode, vocabulary, line_rule("plain"), {"file": "x"})
    return folder


@pytest.fixture(scope="module")
def runs(repo, tmp_path_factory):
    folder = tmp_path_factory.mktemp("language")
    (folder / "alone.py").write_text(CONFIG.format(repo=repo, tokens=write_corpus(folder / "tokens")))
    train(folder / "alone.py", work_dir=str(folder / "teacher"))
    teacher = folder / "teacher" / "epoch_2.pth"
    (folder / "distilled.py").write_text(DISTILLED.format(base=folder / "alone.py", teacher=teacher))
    options = {f"default_hooks.checkpoint.{key}": value for key, value in (("by_epoch", False), ("interval", 3), ("max_keep_ckpts", -1))}
    options["randomness.seed"] = 5
    train(folder / "distilled.py", work_dir=str(folder / "whole"), options=options)
    return folder, options


@pytest.mark.long
def test_a_distilled_run_resumed_inside_an_epoch_ends_the_same(runs):
    folder, options = runs
    train(folder / "distilled.py", work_dir=str(folder / "resumed"), options=options, resume=str(folder / "whole" / "iter_3.pth"))
    last = [max((folder / name).glob("iter_*.pth"), key=lambda path: int(path.stem[5:])).name for name in ("whole", "resumed")]
    whole, resumed = (torch.load(folder / name / file, weights_only=True) for name, file in zip(("whole", "resumed"), last, strict=True))
    assert last[0] == last[1]
    assert whole["state_dict"].keys() == resumed["state_dict"].keys()
    assert any(key.startswith("distill.terms.1.loss.student_bank") for key in whole["state_dict"])
    for key, value in whole["state_dict"].items():
        assert torch.equal(value, resumed["state_dict"][key]), key


@pytest.mark.long
def test_the_student_is_tested_without_its_teacher_and_alike_twice(runs):
    folder, _ = runs
    checkpoint = max((folder / "whole").glob("iter_*.pth"), key=lambda path: int(path.stem[5:]))
    (folder / "teacher" / "epoch_2.pth").rename(folder / "gone.pth")
    values = [evaluate(folder / "distilled.py", str(checkpoint), work_dir=str(folder / "test"))["mlm_loss"] for _ in range(2)]
    (folder / "gone.pth").rename(folder / "teacher" / "epoch_2.pth")
    assert values[0] == values[1]
    assert values[0] < 5.75  # below ln 300: something was learnt


@pytest.mark.long
def test_a_teacher_of_another_vocabulary_is_refused(runs):
    folder, options = runs
    tokens = write_corpus(folder / "other_tokens", "other")
    settings = {f"{split}_dataloader.dataset.tokens": str(tokens) for split in ("train", "val", "test")}
    with pytest.raises(DataError, match=r"abc.*other"):
        train(folder / "distilled.py", work_dir=str(folder / "refused"), options={**options, **settings})
