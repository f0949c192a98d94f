"""Self-made data of a few samples, put where a config expects the real ones, and random weights where it expects trained ones."""

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mmxkd.apis.configs import walk_datasets
from mmxkd.datasets.anticipation.histories import HistoryRecord, write_records
from mmxkd.datasets.features import build_feature_writer
from mmxkd.datasets.features.lmdb_stores import close_environment
from mmxkd.datasets.language.glue_tasks import glue_task
from mmxkd.datasets.language.line_rules import line_rule
from mmxkd.datasets.language.token_files import Vocabulary, write_tokens
from mmxkd.datasets.language.tokenizers import assemble_tokenizer, save_tokenizer, train_tokenizer
from mmxkd.distill.store.keys import RowKey
from mmxkd.distill.store.meta import StoreMeta
from mmxkd.distill.store.records import RecordFormat
from mmxkd.distill.store.writer import StoreWriter
from mmxkd.registry import MODELS

#: Two actions a video, from second 21 on, so that 20 seconds before them can be seen.
VIDEOS = {"training": ("P01_01", "P02_01"), "validation": ("P03_01",)}
#: Of these the configs keep a small share for training.
PUPPET_VIDEOS = {"training": tuple(f"P{number:02d}_01" for number in range(11, 21)), "validation": ("P03_01",)}
TIMES = ((21.0, 23.0), (25.0, 26.5))
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789.,:;'?-[]<>"
#: Classes of verbs and nouns where no head tells.
PARTS = {"Epic55Table": (125, 352), "Epic100Table": (97, 300), "EgteaTable": (19, 51), "RulstmTable": (8, 6)}
SENTENCES = ["we take the pan and cut the onion", "then they wash the pan", "where is the cup", "what did i put in the drawer"]


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def table(header: Iterable[Any], rows: Iterable[Iterable[Any]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([list(header), *map(list, rows)])
    return out.getvalue()


@cache
def film(frames: int = 80) -> bytes:
    """A noisy video, two frames a second."""
    import av

    rng, out = np.random.RandomState(0), io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=2)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for _ in range(frames):
            frame = av.VideoFrame.from_ndarray(rng.randint(0, 256, (64, 96, 3), dtype=np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return out.getvalue()


def write_films(paths: Iterable[Path], frames: int = 80) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(film(frames))


# Recognition: lists of videos.


def video_list(dataset: Mapping[str, Any], model: Mapping[str, Any]) -> None:
    root, classes = Path(dataset["data_root"]), count_classes(model)
    names = [f"class{number:03d}" for number in range(classes)]
    folders = dataset.get("labels_from") == "folder"
    write(root / dataset["classes"], table(["id", "name"], enumerate(names)) if folders else "".join(f"{name}\n" for name in names))
    clips = [f"{names[number % 2]}/v_{number}.mp4" for number in range(2)]
    write(root / dataset["ann_file"], "".join(f"{clip} {number % 2}\n" for number, clip in enumerate(clips)))
    write_films(root / dataset.get("video_dir", "") / clip for clip in clips)


def ucf101(dataset: Mapping[str, Any], model: Mapping[str, Any]) -> None:
    root, classes = Path(dataset["data_root"]), count_classes(model)
    names = [f"Class{number:03d}" for number in range(classes)]
    write(root / "splits/classInd.txt", "".join(f"{number} {name}\n" for number, name in enumerate(names, 1)))
    sides = {
        part: [f"{names[number]}/v_{names[number]}_g{group:02d}_c01.avi" for number in range(2)]
        for part, group in (("test", 1), ("train", 8))
    }
    for split in (1, 2, 3):
        write(root / f"splits/trainlist0{split}.txt", "".join(f"{clip} {number}\n" for number, clip in enumerate(sides["train"], 1)))
        write(root / f"splits/testlist0{split}.txt", "".join(f"{clip}\n" for clip in sides["test"]))
    write(root / "splits/labelled.txt", "".join(f"{clip} {number}\n" for number, clip in enumerate(sides["train"])))
    write_films(root / "videos" / clip for clips in sides.values() for clip in clips)


def hmdb51(dataset: Mapping[str, Any], model: Mapping[str, Any]) -> None:
    root = Path(dataset["data_root"])
    for number in range(count_classes(model)):
        used = number < 2
        write(root / f"splits/class{number:02d}_test_split1.txt", f"a.avi {int(used)}\nb.avi {2 * used}\n")
        if used:
            write_films(root / f"videos/class{number:02d}" / name for name in ("a.avi", "b.avi"))


def ucf50(dataset: Mapping[str, Any], model: Mapping[str, Any]) -> None:
    # Every class needs a video; fold 1 tests group 1.
    root = Path(dataset["data_root"])
    for number in range(count_classes(model)):
        groups = (1, 6) if number < 2 else (12,)
        write_films(root / f"videos/Class{number:02d}/v_Class{number:02d}_g{group:02d}_c01.avi" for group in groups)


# Anticipation: tables, videos or features, texts.


def segments(kind: str, actions: int) -> list[tuple[int, str, str, float, float, int, int, int]]:
    """Rows (uid, split, video, start, stop, verb, noun, action)."""
    pairs = action_parts(kind, actions)
    places = [(split, video, *time) for split, videos in videos_of(kind).items() for video in videos for time in TIMES]
    return [(uid, *place, *pairs[uid % actions], uid % actions) for uid, place in enumerate(places, 1)]


def videos_of(kind: str) -> dict[str, tuple[str, ...]]:
    return PUPPET_VIDEOS if kind == "RulstmTable" else VIDEOS


def action_parts(kind: str, actions: int) -> list[tuple[int, int]]:
    verbs, nouns = PARTS[kind]
    return [(action % verbs, action % nouns if math.gcd(verbs, nouns) == 1 else action // verbs) for action in range(actions)]


def annotation(source: Mapping[str, Any], actions: int) -> None:
    kind, root = source["type"], Path(source["root"])
    if kind in ("FiftySaladsTable", "BreakfastTable"):
        return framewise(root, kind, actions)
    verbs, nouns = PARTS[kind]
    rows, parts = segments(kind, actions), action_parts(kind, actions)
    name = [f"take{verb}_pan{noun}" for verb, noun in parts]
    if kind == "EgteaTable":
        write(root / "actions.csv", "".join(f"{n}, {v}_{o}, {name[n]}\n" for n, (v, o) in enumerate(parts)))
    else:
        write(root / "actions.csv", table(["id", "action", "verb", "noun"], [(n, name[n], *pair) for n, pair in enumerate(parts)]))
    for part, count, word in (("verb", verbs, "take"), ("noun", nouns, "pan")):
        content = table([f"{part}_id", "class_key"], [(number, f"{word}{number}") for number in range(count)])
        write(root / f"EPIC_{part}_classes.csv", content)
        write(root / f"EPIC_100_{part}_classes.csv", content)
        write(root / f"EPIC_many_shot_{part}s.csv", table([f"{part}_class", part], [(number, f"{word}{number}") for number in range(3)]))
    write(root / "EPIC_many_shot_actions.csv", table(["verb_class", "noun_class"], parts[:3]))
    for split, videos in videos_of(kind).items():
        frames = [(uid, video, round(30 * a), round(30 * b), v, n, k) for uid, of, video, a, b, v, n, k in rows if of == split]
        for suffix in ("", "1"):
            write(root / f"{split}{suffix}.csv", "".join(", ".join(map(str, row)) + "\n" for row in frames))
        write(root / f"{split}_videos.csv", "".join(f"{video}\n" for video in videos))
    times = [(uid, uid, video, *(f"00:00:{second:05.2f}" for second in (a, b)), v, n) for uid, _, video, a, b, v, n, _ in rows]
    columns = ["uid", "narration_id", "video_id", "start_timestamp", "stop_timestamp", "verb_class", "noun_class"]
    write(root / "EPIC_train_action_labels.csv", table(columns, times))
    for split, part in (("training", "train"), ("validation", "validation")):
        write(root / f"EPIC_100_{part}.csv", table(columns, [row for row in times if row[2] in videos_of(kind)[split]]))
    return None


def framewise(root: Path, kind: str, actions: int) -> None:
    names = [f"take_pan{number}" for number in range(actions)]
    marks = ["action_start", "action_end"] if kind == "FiftySaladsTable" else []
    write(root / "mapping.txt", "".join(f"{number} {name}\n" for number, name in enumerate([*names, *marks])))
    rate = 30 if kind == "FiftySaladsTable" else 15
    for split, part in (("training", "train"), ("validation", "test")):
        write(root / f"splits/{part}.split1.bundle", "".join(f"{video}.txt\n" for video in VIDEOS[split]))
        for video in VIDEOS[split]:
            write(root / f"groundTruth/{video}.txt", "".join(f"{names[second // 8]}\n" * rate for second in range(38)))


def observations(dataset: Mapping[str, Any], model: Mapping[str, Any]) -> None:
    annotation(dataset["table"], count_classes(model))
    videos = [video for part in videos_of(dataset["table"]["type"]).values() for video in part]
    if dataset.get("video_dir"):
        write_films(Path(dataset["video_dir"], video + dataset.get("suffix", ".mp4")) for video in videos)
    if dataset.get("features"):
        features(dataset["features"], dict.fromkeys(videos, 1200), step=6)


def segment_videos(dataset: Mapping[str, Any], model: Mapping[str, Any]) -> None:
    annotation(dataset["table"], count_classes(model))
    videos = [video for part in videos_of(dataset["table"]["type"]).values() for video in part]
    write_films(Path(dataset["data_root"], "videos", f"{video}.mp4") for video in videos)


def histories(dataset: Mapping[str, Any], model: Mapping[str, Any]) -> None:
    annotation(dataset["table"], count_classes(model))
    if dataset.get("records"):
        Path(dataset["records"]).parent.mkdir(parents=True, exist_ok=True)
        write_records(dataset["records"], [HistoryRecord(str(n), "recipe", ((n, 2),), n + 1, 0, 0) for n in range(2)])
    tokenizer = dataset.get("tokenizer")
    if isinstance(tokenizer, str):
        verbs, nouns = PARTS[dataset["table"]["type"]]
        stock_tokenizer(tokenizer, [*(f"take{n}" for n in range(verbs)), *(f"pan{n}" for n in range(nouns))])


def features(store: Mapping[str, Any], lengths: Mapping[str, int], step: int = 1) -> None:
    """Write random features of the store's width in its format."""
    kind = {"RULSTMFeatures": "rulstm", "NpzLMDBFeatures": "npz-lmdb", "NpyFeatures": "npy"}[store["type"]]
    rng, path = np.random.RandomState(0), Path(store["path"])
    close_environment(path)
    with build_feature_writer(path, kind) as writer:
        for name, length in lengths.items():
            if name in writer:
                continue
            frames = np.arange(1, length, step) if kind == "rulstm" else None
            writer.write(name, rng.randn(length if frames is None else len(frames), store["dim"]).astype(np.float32), frames=frames)


# Language: tokenizers, corpora, captions, GLUE.


def stock_tokenizer(folder: str, words: Iterable[str] = (), size: int = 30522) -> None:
    """Put a tokenizer where a stock one is expected, of the kind its folder's name tells, its special tokens where the stock has them."""
    kind = next((kind for kind in ("albert", "distilbert", "roberta", "deberta", "electra") if kind in folder), "bert")
    if Path(folder).exists():
        return
    if kind in ("bert", "distilbert", "electra"):
        between = [f"[unused{number}]" for number in range(99)] if size > 1000 else []
        known = sorted({*" ".join(SENTENCES).split(), *words, *_LETTERS})
        pieces = [f"##{letter}" for letter in _LETTERS] if size > 1000 else []
        save_tokenizer(assemble_tokenizer(kind, ["[PAD]", *between, "[UNK]", "[CLS]", "[SEP]", "[MASK]", *known, *pieces]), folder)
    else:
        save_tokenizer(train_tokenizer(kind, [*SENTENCES, " ".join(words), " ".join(_LETTERS), "a <v> b <n> c"], 400), folder)


def vocabulary_size(model: Mapping[str, Any]) -> int:
    return model["encoder"]["config"]["vocab_size"]


def text_lines(dataset: Mapping[str, Any], _: Mapping[str, Any]) -> None:
    write(Path(dataset["file"]), "".join(f"{line}\n" for line in SENTENCES[:2]))
    if isinstance(dataset["tokenizer"], str):
        stock_tokenizer(dataset["tokenizer"])


def token_blocks(dataset: Mapping[str, Any], model: Mapping[str, Any]) -> None:
    if Path(dataset["tokens"]).exists():
        return
    size = vocabulary_size(model)
    special = (0, 100, 101, 102, 103) if size > 1000 else range(5)
    vocabulary = Vocabulary(size, "0" * 16, dict(zip(("pad", "unk", "cls", "sep", "mask"), special, strict=True)))
    lines = [" ".join(str(special[-1] + 1 + (7 * n + m) % 90) for m in range(64)) for n in range(4)]
    write_tokens(dataset["tokens"], lines, lambda rows: [list(map(int, row.split())) for row in rows], vocabulary, line_rule("plain"), {})


def captions(dataset: Mapping[str, Any], model: Mapping[str, Any]) -> None:
    stock_tokenizer(dataset["tokenizer"], size=vocabulary_size(model))
    names = [f"{Path(dataset['keys']).stem}_{letter}" for letter in "abcd"]
    write(Path(dataset["captions"]), json.dumps({name: {"text": SENTENCES[:2], "start": [0.0, 3.0], "end": [3.5, 6.2]} for name in names}))
    write(Path(dataset["keys"]), json.dumps(names))
    for stream, rate in (("features_2d", 1), ("features_3d", 1.5)):
        features({"dim": model["video"]["in_features"] // 2, **dataset[stream]}, {name: int(8 * rate) for name in names})


def glue(dataset: Mapping[str, Any], model: Mapping[str, Any]) -> None:
    stock_tokenizer(dataset["tokenizer"], size=vocabulary_size(model))
    task, lines = glue_task(dataset["task"]), []
    for number in range(2):
        columns = ["x"] * (12 if task.label < 0 else max(*task.texts, task.label) + 1)
        columns[task.label] = task.labels[number] if task.labels else f"{number}.5"
        for text, column in zip(SENTENCES[number:], task.texts, strict=False):
            columns[column] = text
        tracie = f"event: {columns[0]} story: {columns[1]}\tanswer: {columns[-1]}"
        lines.append(tracie if dataset["task"] == "tracie" else "\t".join(columns))
    write(Path(dataset["path"]), "\n".join([*(["header"] if task.header else []), *lines]) + "\n")


def choices(dataset: Mapping[str, Any], model: Mapping[str, Any]) -> None:
    stock_tokenizer(dataset["tokenizer"], size=vocabulary_size(model))
    if dataset["task"] == "swag":
        endings = [f"ending{number}" for number in range(4)]
        rows = [[SENTENCES[0], "then they", *["wash the pan"] * 4, number] for number in range(2)]
        write(Path(dataset["path"]), table(["sent1", "sent2", *endings, "label"], rows))
    else:
        question = json.dumps({"goal": SENTENCES[2], "sol1": SENTENCES[0], "sol2": SENTENCES[1]})
        write(Path(dataset["path"]), f"{question}\n{question}\n")
        write(Path(dataset["labels"]), "0\n1\n")


def squad(dataset: Mapping[str, Any], model: Mapping[str, Any]) -> None:
    stock_tokenizer(dataset["tokenizer"], size=vocabulary_size(model))
    answer = [{"text": "the onion", "answer_start": SENTENCES[0].index("the onion")}]
    asked = [{"id": str(number), "question": SENTENCES[2], "answers": answer} for number in range(2)]
    paragraphs = [{"context": SENTENCES[0], "qas": asked}]
    if dataset.get("no_answer"):
        paragraphs.append({"context": SENTENCES[1], "qas": [{"id": "2", "question": SENTENCES[2], "answers": [], "is_impossible": True}]})
    write(Path(dataset["path"]), json.dumps({"data": [{"paragraphs": paragraphs}]}))


# Grounding: lists of questions and two stores.


def questions(dataset: Mapping[str, Any], _: Mapping[str, Any]) -> None:
    root = Path(dataset["data_root"])
    names = dataset["ann_file"] if isinstance(dataset["ann_file"], list) else [dataset["ann_file"]]
    names = [*names, *([dataset["disjoint_from"]] if dataset.get("disjoint_from") else [])]
    stores = [{**dataset[key], "path": str(root / dataset[key]["path"])} for key in ("video_features", "text_features")]
    for name in names:
        stem = Path(name).stem
        lines = []
        for number in range(2):
            row = {"query_id": f"{stem}_{number}", "query": SENTENCES[2 + number], "video_id": f"{stem}_clip", "duration": 32.0}
            kind = {"query_type": "narration", "narration_query": row["query"]} if "narrations" in stem else {"query_type": "nlq"}
            lines.append(json.dumps(row | kind | ({} if "test" in stem else {"timestamps": [[4.0 + number, 9.0]]})) + "\n")
        write(root / name, "".join(lines))
        features(stores[0], {f"{stem}_clip": 60})
        features(stores[1], {f"{stem}_{number}": 5 for number in range(2)})


WRITERS = {
    "VideoDataset": video_list,
    "UCF101Dataset": ucf101,
    "UCF50Dataset": ucf50,
    "HMDB51Dataset": hmdb51,
    "SegmentVideoDataset": segment_videos,
    "AnticipationVideoDataset": observations,
    "ActionHistoryDataset": histories,
    "HistoryTextDataset": histories,
    "TextLines": text_lines,
    "TokenBlocks": token_blocks,
    "HowTo100M": captions,
    "GLUEDataset": glue,
    "ChoiceDataset": choices,
    "SquadDataset": squad,
    "GroundingDataset": questions,
}


def write_data(config: Mapping[str, Any]) -> None:
    """Write the data of all splits of a config, below the current folder."""
    model = config["model"].get("student", config["model"])
    for split in ("train", "val", "test"):
        for _, dataset in walk_datasets((config.get(f"{split}_dataloader") or {}).get("dataset") or {}, split):
            if dataset:
                WRITERS[dataset["type"]](dataset, model)


def count_classes(model: Mapping[str, Any]) -> int:
    """Return K of a student."""
    if "head" in model:
        return model["head"]["num_classes"]
    if model["type"] == "ForeignModel":
        inner = model["model"]
        return inner["config"]["num_labels"] if "config" in inner else inner["cls_head"]["num_classes"]
    classes = model["num_classes"]
    return classes["action"] if isinstance(classes, Mapping) else classes


# Weights and stores.


def write_weights(config: Mapping[str, Any]) -> None:
    """Write random weights that fit, wherever the (shrunk) config names a file, and stores of stored teachers."""
    model = config["model"]
    student = model.get("student", model)
    if config.get("load_from"):
        save(config["load_from"], bare(student))
    if "checkpoint" in student:
        save(student["checkpoint"], {"type": "BertMLM", "encoder": student["encoder"]})
    start = (student.get("init_cfg") or {}).get("checkpoint")
    if start and student["type"] == "VideoRecognizer":
        save(start, bare(student))
    elif start:
        save_language_model(start, student["encoder"]["config"])
    if student.get("backbone", {}).get("pretrained"):
        save_vit(student["backbone"])
    teacher = model.get("teacher", {})
    if teacher.get("type") == "OnlineTeacher":
        save(teacher["checkpoint"], bare(teacher["model"]))
    for stored in teacher.get("teachers", [teacher]):
        if stored.get("type") == "StoredTeacher" and student["type"] == "AVT":
            write_store(stored, count_classes(student))


def bare(model: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in model.items() if key != "init_cfg"}


def save(path: str, model: Mapping[str, Any]) -> None:
    target = Path(path.replace("*", "1"))
    target.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"state_dict": MODELS.build(dict(model)).state_dict(), "meta": {}}, target)


def save_language_model(place: str, encoder: Mapping[str, Any]) -> None:
    from mmxkd.models.language.encoders import build_masked_lm

    if Path(place).suffix == ".pth":
        save(place, {"type": "BertMLM", "encoder": {"config": encoder}})
    else:
        build_masked_lm(encoder).save_pretrained(place)


def save_vit(backbone: Mapping[str, Any]) -> None:
    from transformers import ViTConfig, ViTModel

    ViTModel(ViTConfig(**backbone["config"]), add_pooling_layer=False).save_pretrained(backbone["pretrained"])


def write_store(teacher: Mapping[str, Any], classes: int) -> None:
    """Write what a teacher says about every segment."""
    folder, widths = Path(teacher["store"]), {"logits": classes, "feat": 768}
    if folder.exists():
        return
    keys = [RowKey(str(uid)) for uid in range(1, 1 + len(TIMES) * sum(map(len, PUPPET_VIDEOS.values())))]
    formats = {key: RecordFormat((widths[key],), "fp16") for key in teacher.get("keys", ["logits"])}
    folder.parent.mkdir(parents=True, exist_ok=True)
    writer = StoreWriter(folder, StoreMeta({"weights_hash": "0" * 16}, "train", formats))
    rng = np.random.RandomState(0)
    writer.write_part(0, keys, {key: rng.randn(len(keys), *form.shape).astype(np.float32) for key, form in formats.items()})
    writer.finish([0])
