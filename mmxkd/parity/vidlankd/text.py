"""Kind ``text_blocks``: line rules, blocks, sentences and frame windows."""

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from mmxkd.datasets.language.blocks import TokenBlocks, cut_blocks, drop_range, published_length
from mmxkd.datasets.language.captions import cut_overlap
from mmxkd.datasets.language.frames import frame_window
from mmxkd.datasets.language.howto100m import HowTo100M
from mmxkd.datasets.language.line_rules import line_rule
from mmxkd.datasets.language.token_files import TokenFiles, Vocabulary, write_tokens
from mmxkd.datasets.language.tokenizers import assemble_tokenizer, save_tokenizer
from mmxkd.parity.case import Case
from mmxkd.parity.report import Report

_PADDED, _RAISES = -1, -9


def check_text_blocks(case: Case, report: Report) -> None:
    """Everything between raw text and model input."""
    tokenizer = assemble_tokenizer("bert", case.meta["vocab"])
    with tempfile.TemporaryDirectory() as folder:
        _check_blocks(case, report, tokenizer, Path(folder))
        _check_sentences(case, report, tokenizer, Path(folder))
    _check_counts(case, report)
    for number, (first, second, kept, same) in enumerate(case.meta["find_overlap"]):
        report.compare(f"find_overlap/{number}", "all", [kept, same], [cut_overlap(first, second), second])
    _check_windows(case, report)


def _check_blocks(case: Case, report: Report, tokenizer: Any, folder: Path) -> None:
    meta, keep = case.meta, line_rule("wiki103")
    report.compare("kept_lines", "all", meta["kept_lines"], [line for line in meta["lines"] if keep(line)])
    encode = lambda lines: [tokenizer(line, add_special_tokens=False)["input_ids"] for line in lines]  # noqa: E731
    write_tokens(folder / "tokens", meta["lines"], encode, Vocabulary.of(tokenizer), keep, {"file": case.stem})
    files = TokenFiles(folder / "tokens")
    report.compare("n_tokens", "all", meta["n_tokens"], files.tokens)
    report.compare("stream", "all", case.array("stream"), files.read(0, files.tokens))
    report.compare("line_starts", "all", case.array("line_starts"), files.line_starts())
    blocks = cut_blocks(files.tokens, meta["block_size"], published=True)
    report.compare("batches", "all", case.array("batches"), blocks)
    report.compare("n_batches", "all", meta["n_batches"], len(blocks))
    dataset = TokenBlocks(str(folder / "tokens"), meta["block_size"], published=True)
    report.compare("dataset_len", "all", meta["dataset_len"], len(dataset))
    samples = [dataset[index] for index in range(len(dataset))]
    report.compare("items", "all", case.array("items"), np.stack([sample["inputs"]["input_ids"].numpy() for sample in samples]))
    report.compare("item_index", "all", case.array("item_index"), [sample["data_samples"].index for sample in samples])


def _check_counts(case: Case, report: Report) -> None:
    size = case.meta["block_size"]
    counts = [len(cut_blocks(int(row[0]), size, published=True)) for row in case.array("n_batches_len")]
    ours = [[int(row[0]), count, published_length(count)] for row, count in zip(case.array("n_batches_len"), counts, strict=True)]
    report.compare("n_batches_len", "all", case.array("n_batches_len"), ours)
    kept = drop_range(case.array("filter_in"), case.meta["filter_range"][0], case.meta["filter_range"][1], published=True)
    report.compare("filter_out", "all", case.array("filter_out"), kept)


def _check_sentences(case: Case, report: Report, tokenizer: Any, folder: Path) -> None:
    """Token ids and frame rows of whole videos, through the data set."""
    meta = case.meta["teacher"]
    for name in ("2d", "3d"):
        (folder / name).mkdir()
    for uid, lengths in meta["nfeat"].items():
        for name, length in zip(("2d", "3d"), lengths, strict=True):
            if length is not None:
                np.save(folder / name / f"{uid}.npy", np.ones((length, 1), dtype=np.float32))
    (folder / "captions.json").write_text(json.dumps(meta["data"]))
    (folder / "keys.json").write_text(json.dumps(meta["keys"]))
    save_tokenizer(tokenizer, folder / "tokenizer")
    stores = [dict(type="NpyFeatures", path=str(folder / name)) for name in ("2d", "3d")]
    dataset = HowTo100M(
        str(folder / "captions.json"),
        str(folder / "keys.json"),
        stores[0],
        stores[1],
        str(folder / "tokenizer"),
        max_tokens=meta["sent_len"],
        max_frames=meta["max_v_len"],
        join="published",
        zeros_for_missing=True,
    )
    ids, rows_2d, rows_3d = [], [], []
    for number, (uid, captions) in enumerate(dataset.rows):
        sample = dataset[number]["inputs"]
        ids.append(np.pad(sample["input_ids"].numpy(), (0, meta["sent_len"] - len(sample["input_ids"]))))
        sentence = dataset.sentence(captions, 0)
        found = dataset.frame_rows(uid, sentence.start, sentence.stop) if all(uid in store for store in dataset.stores) else ([], [])
        rows_2d.append(_pad(found[0], meta["max_v_len"]))
        rows_3d.append(_pad(found[1], meta["max_v_len"]))
    report.compare("teacher/keys", "all", meta["keys"], [uid for uid, _ in dataset.rows])
    report.compare("teacher_input_ids", "all", case.array("teacher_input_ids"), np.stack(ids))
    report.compare("teacher_index2d", "all", case.array("teacher_index2d"), np.stack(rows_2d))
    report.compare("teacher_index3d", "all", case.array("teacher_index3d"), np.stack(rows_3d))


def _pad(rows: Any, length: int) -> np.ndarray:
    return np.concatenate([np.asarray(rows, dtype=np.int64), np.full(length - len(rows), _PADDED)])


def _check_windows(case: Case, report: Report) -> None:
    windows, length = case.array("window_start_end_n2_n3_ok"), case.array("window_index2d").shape[1]
    rows: list[list[np.ndarray]] = [[], []]
    for start, stop, num_2d, num_3d, _ in windows.astype(np.float64):
        # A video with a single row: the release raises, ours shows that row.
        raises = min(num_2d, num_3d) < 2
        found = frame_window(start, stop, int(num_2d), int(num_3d), length)
        for side, part in zip(rows, found, strict=True):
            side.append(np.full(length, _RAISES) if raises else _pad(part, length))
    report.compare("window_ok", "all", windows[:, 4], [float(min(row[2], row[3]) >= 2) for row in windows])
    report.compare("window_index2d", "all", case.array("window_index2d"), np.stack(rows[0]))
    report.compare("window_index3d", "all", case.array("window_index3d"), np.stack(rows[1]))
