"""Targets: checkpoints, videos, features, dumps, token files and stored teachers. Native libraries and memory maps read most of them."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.fuzz.target import Target, require

_STORE_KEYS = 12
_said: dict[str, Any] = {}


def _write_checkpoints(folder: Path) -> None:
    weights = {f"layer{i}.weight": torch.arange(6.0).view(2, 3) + i for i in range(3)}
    torch.save({"state_dict": weights, "meta": {"epoch": 1, "label_map_hash": "0" * 16}}, folder / "new.pth")
    torch.save({"state_dict": weights, "meta": {}}, folder / "old.pth", _use_new_zipfile_serialization=False)


def _read_checkpoints(folder: Path) -> Any:
    from mmxkd.checkpoints import load_state_dict
    from mmxkd.convert.reading import read_checkpoint

    found = [load_state_dict(folder / name) for name in ("new.pth", "old.pth")]
    for name in ("new.pth", "old.pth"):
        read_checkpoint(folder / name, allow_pickle=True)
    return found


def _check_checkpoints(found: Any) -> None:
    for weights in found:
        require(isinstance(weights, Mapping), "no mapping")
        require(all(isinstance(key, str) and isinstance(value, torch.Tensor) for key, value in weights.items()), "no tensors by name")


def _write_videos(folder: Path) -> None:
    import av

    frames = (np.random.RandomState(0).rand(12, 64, 64, 3) * 255).astype(np.uint8)
    for name, codec in (("a.mp4", "mpeg4"), ("b.avi", "mpeg4"), ("c.mkv", "libx264")):
        with av.open(str(folder / name), "w") as container:
            stream = container.add_stream(codec, rate=12)
            stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
            for picture in frames:
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            container.mux(stream.encode())


def _read_videos(folder: Path) -> Any:
    from mmxkd.datasets.probe import probe_video
    from mmxkd.datasets.readers import READERS, open_video
    from mmxkd.errors import UserError

    found, refused = [], None
    for path in sorted(folder.iterdir()):
        probe_video(str(path))
        for reader in READERS:
            try:
                video = open_video(str(path), reader)
                found.append(video.get_batch(np.array([len(video) // 2, 0, len(video) - 1])))
            except UserError as error:
                refused = error
    if refused:
        raise refused
    return found


def _check_videos(clips: Any) -> None:
    require(all(clip.dtype == np.uint8 and clip.ndim == 4 and clip.shape[0] == 3 and clip.shape[3] == 3 for clip in clips), "frames")


_KINDS = ("rulstm", "npz-lmdb", "npy", "pt", "hdf5")


def _write_features(kind: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        from mmxkd.datasets.features.build import build_feature_writer

        with build_feature_writer(folder / "features", kind) as writer:
            for i in range(4):
                writer.write(f"video{i}", np.random.RandomState(i).randn(5 + i, 8).astype(np.float32))

    return write


def _read_features(folder: Path) -> Any:
    from mmxkd.datasets.features.build import open_feature_store

    store = open_feature_store(folder / "features")
    whole = [store.read(name) for name in store.names()]
    parts = [store.read(name, store.frames(name)[1:3]) for name in store.names()]
    return whole + parts


def _check_features(values: Any) -> None:
    require(all(value.dtype == np.float32 and value.ndim == 2 and np.isfinite(value).all() for value in values), "features")


def _write_tokens(folder: Path) -> None:
    from mmxkd.datasets.language.token_files import Vocabulary, write_tokens

    vocabulary = Vocabulary(50, "a" * 16, {"pad": 0, "unk": 1, "cls": 2, "sep": 3, "mask": 4})
    lines = [" ".join(str(5 + (i * j) % 40) for j in range(1, 9)) for i in range(20)]
    write_tokens(
        folder / "tokens", lines, lambda batch: [list(map(int, one.split())) for one in batch], vocabulary, bool, {"file": "x"}, 60
    )


def _read_tokens(folder: Path) -> Any:
    from mmxkd.datasets.language.token_files import TokenFiles

    files = TokenFiles(folder / "tokens")
    starts = files.line_starts()
    require(starts[-1] == files.tokens and (np.diff(starts) >= 0).all(), "line starts")
    return files.vocabulary.size, files.read(0, files.tokens)


def _check_tokens(value: Any) -> None:
    size, ids = value
    require(ids.dtype == np.int64 and (not len(ids) or 0 <= ids.min() <= ids.max() < size), "an id outside the vocabulary")


def _write_store(folder: Path) -> None:
    from mmxkd.distill.store.keys import RowKey
    from mmxkd.distill.store.meta import StoreMeta
    from mmxkd.distill.store.records import RecordFormat
    from mmxkd.distill.store.writer import StoreWriter

    for name, top_k in (("dense", None), ("top", 2)):
        form = {"logits": RecordFormat((6,), "fp32", top_k, 2.0)}
        writer = StoreWriter(folder / name, StoreMeta({"type": "x"}, "train", form, label_map_hash="b" * 16))
        values = (3 * np.random.RandomState(0).randn(_STORE_KEYS, 6)).astype(np.float32)
        writer.write_part(0, [RowKey(f"s{i}") for i in range(_STORE_KEYS)], {"logits": values})
        writer.finish([0])
    _said.update(_read_store(folder))


def _read_store(folder: Path) -> Any:
    from mmxkd.distill.store.keys import RowKey
    from mmxkd.distill.store.reader import TeacherStore
    from mmxkd.distill.teachers.stored import StoredTeacher

    found = {}
    for name in ("dense", "top"):
        StoredTeacher(str(folder / name)).prepare("cpu")
        store = TeacherStore(folder / name)
        places = store.find([RowKey(f"s{i}") for i in range(_STORE_KEYS)])
        there = np.flatnonzero(places >= 0)
        said = store.read("logits", places[there])
        for part, array in said.items():
            found.update({f"{name} {part} s{number}": array[row].tolist() for row, number in enumerate(there.tolist())})
    return found


def _check_store(found: Any) -> None:
    require(all(_said[key] == value for key, value in found.items()), "another answer than was stored")


def _write_dumps(folder: Path) -> None:
    draws = np.random.RandomState(0)
    for name in ("one.npz", "two.npz"):
        scores = draws.rand(8, 5).astype(np.float32)
        labels = np.arange(8) % 5
        np.savez(folder / name, uid=np.array([f"{i:03d}" for i in range(8)]), gt_label=labels, pred_score=scores)
    windows = draws.rand(4, 3, 2)
    np.savez(folder / "grounding.npz", pred_windows=windows + [0.0, 1.0], windows=windows[:, :1] + [0.0, 1.0])


def _read_dumps(folder: Path) -> Any:
    from mmxkd.apis.eval_predictions import EvalOptions, evaluate_predictions, format_report

    reports = [
        evaluate_predictions("anticipation", {"one": folder / "one.npz", "two": folder / "two.npz"}, EvalOptions(correlated=2)),
        evaluate_predictions("grounding", {"one": folder / "grounding.npz"}),
    ]
    for report in reports:
        format_report(report)
    return [measures for report in reports for measures in report["metrics"].values()]


def _check_dumps(metrics: Any) -> None:
    for measures in metrics:
        require(all(0 <= value <= 1 for value in measures.values() if isinstance(value, float)), "a measure outside 0..1")


def _write_pickles(folder: Path) -> None:
    import pickle

    rows = [{"uid": 10 + i, "logit_action": np.full((5, 1), i, np.float32), "LM_feat": np.ones((3, 1), np.float32)} for i in range(4)]
    (folder / "records.pkl").write_bytes(pickle.dumps(rows))
    (folder / "table.pkl").write_bytes(pickle.dumps({f"u{i}": np.arange(5.0) for i in range(4)}))


def _read_pickles(folder: Path) -> Any:
    from mmxkd.convert.predictions import read_predictions

    return [read_predictions(folder / name, allow_pickle=True) for name in ("records.pkl", "table.pkl")]


def _check_pickles(dumps: Any) -> None:
    for uids, columns in dumps:
        require(len(set(uids)) == len(uids) and all(uids), "uids")
        require(all(len(values) == len(uids) and np.isfinite(values).all() for values in columns.values()), "values")


def _write_tokenizer(folder: Path) -> None:
    from mmxkd.datasets.language.tokenizers import save_tokenizer, train_tokenizer

    save_tokenizer(train_tokenizer("bert", ["take the red pan", "put the pan down", "open a door"], 60), folder / "tokenizer")


def _read_tokenizer(folder: Path) -> Any:
    from mmxkd.datasets.language.token_files import Vocabulary
    from mmxkd.datasets.language.tokenizers import load_tokenizer

    tokenizer = load_tokenizer(folder / "tokenizer", "bert")
    return Vocabulary.of(tokenizer), tokenizer("take the blue pan", truncation=True, max_length=8)["input_ids"]


def _check_tokenizer(value: Any) -> None:
    vocabulary, ids = value
    require(all(number in range(vocabulary.size) for number in [*ids, *vocabulary.special_ids.values()]), "ids")


def binary_targets() -> Iterator[Target]:
    """Yield the targets of this file."""
    yield Target("checkpoints", _write_checkpoints, _read_checkpoints, _check_checkpoints, native=True)
    yield Target("videos", _write_videos, _read_videos, _check_videos, native=True)
    for kind in _KINDS:
        yield Target(f"features_{kind}", _write_features(kind), _read_features, _check_features, native=True)
    yield Target("tokens", _write_tokens, _read_tokens, _check_tokens, native=True)
    yield Target("tokenizer", _write_tokenizer, _read_tokenizer, _check_tokenizer, native=True)
    yield Target("teacher_store", _write_store, _read_store, _check_store, native=True)
    yield Target("dumps", _write_dumps, _read_dumps, _check_dumps, native=True)
    yield Target("published_dumps", _write_pickles, _read_pickles, _check_pickles, native=True)
