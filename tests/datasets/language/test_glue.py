import pytest
import torch

from mmxkd.datasets.language.glue import GLUEDataset
from mmxkd.datasets.language.glue_tasks import GLUE_TASKS, glue_task, pair_features, read_glue
from mmxkd.datasets.language.tokenizers import assemble_tokenizer, save_tokenizer
from mmxkd.errors import ConfigError, DataError

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b", "c", '"']


@pytest.mark.parametrize("name", GLUE_TASKS)
def test_every_layout_is_read(name, tmp_path):
    task = glue_task(name)
    columns = [f"column{number}" for number in range(12 if task.label < 0 else max(*task.texts, task.label) + 1)]
    columns[task.label] = task.labels[-1] if task.labels else "3.5"
    columns[task.texts[0]] = 'he said "a'
    lines = (["header"] if task.header else []) + ["\t".join(columns)]
    path = tmp_path / "dev.tsv"
    path.write_text("\n".join(lines) + "\n")
    (row,), skipped = read_glue(path, task)
    assert skipped == 0
    assert row.first == 'he said "a'
    assert (row.second is None) == (len(task.texts) == 1)
    assert row.label == (len(task.labels) - 1 if task.labels else 3.5)


def test_short_rows_are_skipped_in_qqp_and_errors_elsewhere(tmp_path):
    path = tmp_path / "x.tsv"
    path.write_text("header\nonly\tthree\tcolumns\n" + "\t".join("012ab1") + "\n")
    rows, skipped = read_glue(path, glue_task("qqp"))
    assert (len(rows), skipped) == (1, 1)
    path.write_text("header\nonly\n")
    with pytest.raises(DataError, match=r"x\.tsv:2: 1 columns"):
        read_glue(path, glue_task("qnli"))
    path.write_text("header\n0\ta\tb\tmaybe\n")
    with pytest.raises(DataError, match="label 'maybe'; accepted: entailment, not_entailment"):
        read_glue(path, glue_task("qnli"))
    with pytest.raises(ConfigError, match="GLUE task 'ax'"):
        glue_task("ax")


def test_truncation_takes_from_the_second_at_equal_length():
    ids, types = pair_features([5, 6, 7, 8], [9, 10, 11, 12], 9, 2, 3)
    assert ids == [2, 5, 6, 7, 3, 9, 10, 11, 3]
    assert types == [0] * 5 + [1] * 4
    assert pair_features([5, 6], [9, 10], 6, 2, 3)[0] == [2, 5, 6, 3, 9, 3]
    assert pair_features([5, 6, 7], None, 4, 2, 3) == ([2, 5, 6, 3], [0] * 4)


def test_samples(tmp_path):
    save_tokenizer(assemble_tokenizer("bert", WORDS), tmp_path / "tokenizer")
    (tmp_path / "dev.tsv").write_text("i\tq\ts\tl\n0\ta b\tc\tentailment\n1\ta\tb\tnot_entailment\n")
    dataset = GLUEDataset("qnli", str(tmp_path / "dev.tsv"), str(tmp_path / "tokenizer"))
    sample = dataset[0]
    assert sample["inputs"]["input_ids"].tolist() == [2, 5, 6, 3, 7, 3]
    assert sample["inputs"]["token_type_ids"].tolist() == [0, 0, 0, 0, 1, 1]
    assert [int(dataset[i]["data_samples"].gt_label) for i in (0, 1)] == [0, 1]
    assert dataset.metainfo["classes"] == ("entailment", "not_entailment")
    part = GLUEDataset("qnli", str(tmp_path / "dev.tsv"), str(tmp_path / "tokenizer"), first=1)
    assert len(part) == 1
    with pytest.raises(ConfigError, match="leave none of the 2 rows"):
        GLUEDataset("qnli", str(tmp_path / "dev.tsv"), str(tmp_path / "tokenizer"), first=2)
    row = "\t".join([*"0123456", "a", "b", "2.5"])
    (tmp_path / "sts.tsv").write_text(f"h\n{row}\n")
    value = GLUEDataset("sts-b", str(tmp_path / "sts.tsv"), str(tmp_path / "tokenizer"))[0]["data_samples"].gt_value
    assert torch.equal(value, torch.tensor(2.5))
