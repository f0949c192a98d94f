"""Kind ``prep``: annotation json -> list -> items -> padded batches, and the widening of windows."""

import json
import random
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mmxkd.datasets.features import build_feature_writer
from mmxkd.datasets.grounding import GroundingDataset, write_list
from mmxkd.datasets.grounding.ego4d import parse_nlq
from mmxkd.datasets.grounding.queries import GroundingQuery, parse_query
from mmxkd.datasets.grounding.windows import jitter_windows, to_grid
from mmxkd.errors import DataError
from mmxkd.parity.case import Case
from mmxkd.parity.report import Report
from mmxkd.registry import MODELS


def check_prep(case: Case, report: Report) -> None:
    """Lists, items in their order, jittered windows and batches."""
    meta = case.meta
    with tempfile.TemporaryDirectory() as folder:
        stores = _write_stores(case, Path(folder))
        splits = {split: _check_list(report, meta, split) for split in meta["raw"]}
        for split in ("val", "train"):
            write_list(Path(folder, f"{split}.jsonl"), splits[split])
            seed = meta["seed"] if split == "train" else None
            dataset = _dataset(meta, stores, Path(folder, f"{split}.jsonl"), shuffle_seed=seed)
            _check_items(case, report, split, dataset)
            _check_batch(case, report, split, dataset)
            _check_too_long(report, meta, dataset, split)
        _check_jitter(case, report, splits["train"])


def _write_stores(case: Case, folder: Path) -> dict[str, dict[str, Any]]:
    """Write the recorded features as files and return the stores' configs."""
    configs = {}
    for kind, dim in (("video", "input_vid_dim"), ("text", "input_txt_dim")):
        prefix = f"in.{kind}."
        with build_feature_writer(folder / kind, "npy") as writer:
            for key in [key for key in case.arrays if key.startswith(prefix)]:
                writer.write(key.removeprefix(prefix), np.atleast_2d(case.array(key)))
        configs[kind] = dict(type="NpyFeatures", path=str(folder / kind), dim=case.meta["params"][dim])
    return configs


def _dataset(meta: dict[str, Any], stores: dict[str, dict[str, Any]], path: Path, shuffle_seed: int | None) -> GroundingDataset:
    params = meta["params"]
    return GroundingDataset(
        str(path),
        stores["video"],
        stores["text"],
        fps=params["default_fps"],
        feat_stride=params["feat_stride"],
        feat_num_frames=params["num_frames"],
        downsample_rate=params["downsample_rate"],
        unscaled_stride=True,
        faults="keep",
        shuffle_seed=shuffle_seed,
    )


def _check_list(report: Report, meta: dict[str, Any], split: str) -> list[GroundingQuery]:
    """Compare the list made from the json; return the recorded list, which holds hand-written rows beside."""
    expected = meta["jsonl"][split]
    made, _ = parse_nlq(meta["raw"][split], split)
    rows = [json.loads(json.dumps(query.to_json())) for query in made]
    for number, (want, got) in enumerate(zip(expected, rows, strict=False)):
        report.compare(f"jsonl.{split}.{number}", "jsonl", sorted(want.items()), sorted(got.items()))
    added = expected[len(rows) :]
    report.compare(
        f"jsonl.{split}.missing", "jsonl", [], [row["query_id"] for row in added if row["query_type"] == "nlq" and _is_raw(row, meta)]
    )
    return [parse_query(row, f"{split}:{number}") for number, row in enumerate(expected, 1)]


def _is_raw(row: dict[str, Any], meta: dict[str, Any]) -> bool:
    """Return whether a row's id is one of the json's, so that the converter should have made it."""
    annotation = row["query_id"].rpartition("_")[0]
    clips = [clip for split in meta["raw"].values() for video in split["videos"] for clip in video["clips"]]
    return any(item["annotation_uid"] == annotation for clip in clips for item in clip["annotations"])


def _check_items(case: Case, report: Report, split: str, dataset: GroundingDataset) -> None:
    expected = case.meta[split]
    items = [dataset[index] for index in range(len(dataset))]
    report.compare(f"{split}.order", "order", expected["order"], [item["data_samples"].uid for item in items])
    for number, item in enumerate(items):
        sample, name = item["data_samples"], f"{split}.{number}"
        feats = case.array(f"{name}.feats")
        video = item["inputs"]["video"]
        report.compare(f"{name}.feats", "feats", feats, video if feats.ndim == 2 and feats.dtype.kind == "f" else list(video.shape))
        report.compare(f"{name}.query_feats", "feats", case.array(f"{name}.query_feats"), item["inputs"]["text"])
        report.compare(f"{name}.segments", "segments", case.array(f"{name}.segments"), sample.gt_segments)
        recorded = case.array(f"{name}.one_hot")
        one_hot = torch.nn.functional.one_hot(sample.gt_labels, recorded.shape[1])
        report.compare(f"{name}.one_hot", "labels", recorded, one_hot)
        for key, value in expected["meta"][number].items():
            own = sample.uid if key == "query_id" else getattr(sample, key)
            report.compare(f"{name}.{key}", "meta", value, own)
    report.compare(f"{split}.segments_dtype", "meta", expected["segments_dtype"], str(items[0]["data_samples"].gt_segments.dtype))
    report.compare(f"{split}.one_hot_dtype", "meta", expected["one_hot_dtype"], str(items[0]["data_samples"].gt_labels.dtype))


def _check_jitter(case: Case, report: Report, queries: list[GroundingQuery]) -> None:
    """Draw as the release does: Python's stream, seeded before the shuffle and again before the first item."""
    meta, params = case.meta["jitter"], case.meta["params"]
    rows = [query for query in queries if query.query_id not in meta["excluded"]]
    random.Random(meta["seed_before_construction"]).shuffle(rows)
    report.compare("jitter.order", "order", meta["order"], [query.query_id for query in rows])
    rng = random.Random(meta["seed_before_first_item"])
    stride = params["feat_stride"] * params["downsample_rate"]
    for number, query in enumerate(rows):
        windows = to_grid(jitter_windows(query.windows or (), rng), params["default_fps"], stride)
        report.compare(f"jitter.{number}.segments", "segments", case.array(f"jitter.{number}.segments"), windows)


def _check_batch(case: Case, report: Report, split: str, dataset: GroundingDataset) -> None:
    """Compare the padded batch; how many samples it holds is said by the array."""
    recorded = case.array(f"batch.{split}.video")
    batch = _collate([dataset[index] for index in range(len(recorded))], case.meta["params"])
    for stream in ("video", "text"):
        report.compare(f"batch.{split}.{stream}", "batch", case.array(f"batch.{split}.{stream}"), batch[stream])
        # As numbers: true and false have no distance.
        mask = case.array(f"batch.{split}.{stream}_mask").astype(np.int64)
        report.compare(f"batch.{split}.{stream}_mask", "batch", mask, batch[f"{stream}_mask"][:, None].long())


def _check_too_long(report: Report, meta: dict[str, Any], dataset: GroundingDataset, split: str) -> None:
    """A clip longer than the buffer is refused, where the release raises what the case records."""
    key = {"val": "too_long_eval", "train": "too_long_train"}[split]
    item = dataset[0]
    item["inputs"]["video"] = torch.zeros(meta["params"]["input_vid_dim"], meta["params"]["max_seq_len"] + 1)
    try:
        _collate([item], meta["params"])
        refused = False
    except DataError:
        refused = True
    report.compare(key, "meta", meta[key] in ("RuntimeError", "AssertionError"), refused)


def _collate(items: list[dict[str, Any]], params: dict[str, Any]) -> dict[str, torch.Tensor]:
    """Return the batch as the published recipe pads it: the video to the whole buffer, the text to the longest of the batch."""
    config = dict(type="GroundingDataPreprocessor", max_seq_len=params["max_seq_len"], pad_video_to="max_seq_len")
    preprocessor = MODELS.build({**config, "video_dim": params["input_vid_dim"], "text_dim": params["input_txt_dim"]})
    return preprocessor({"inputs": [item["inputs"] for item in items], "data_samples": [item["data_samples"] for item in items]})["inputs"]
