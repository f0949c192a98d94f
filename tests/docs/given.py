"""What a reader of a page has before the first command: videos, annotations, corpora, results of other pages."""

import bz2
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
from miniature import SENTENCES, features, save, stock_tokenizer, table, write, write_data, write_films

from mmxkd.apis.configs import load_config

_CONFIGS = ("dvfl", "puppet", "anticipation", "vidlankd", "groundnlq", "mine")
_KITCHEN = [("open", "fridge"), ("take", "milk"), ("pour", "milk"), ("close", "fridge")]
_WIKI = "<mediawiki>{}</mediawiki>"
_ARTICLE = "<page><title>T</title><ns>0</ns><revision><text>{}</text></revision></page>"

#: What stands for the names in capitals of a command, where it is not `PLACES` of the test.
PLACES = {
    r"resnext101_3d\.py": {"CKPT": "checkpoints/resnext101.pth"},
    r"extract_features\.py": {
        "CONFIG": "configs/puppet/long_backbone.py",
        "CKPT": "work_dirs/long_backbone/epoch_5.pth",
        "STORE": "out/features",
    },
}
_GROUNDER = (
    "python tools/make_grounder.py grounder.pth --localizer configs/puppet/groundnlq_nano.py work_dirs/groundnlq_nano/epoch_3.pth "
    "--video configs/puppet/long_backbone.py work_dirs/long_backbone/epoch_5.pth --text data/pretrained/clip-vit-base-patch32"
)
#: Commands of other pages that one goes on from.
BEFORE = {
    "dvfl": [
        "python tools/data/make_puppet.py data/puppet",
        "python tools/train.py configs/puppet/dvfl_kd.py",
        "python tools/data/build_list.py data/mine/videos --out data/mine",
    ],
    "README": [_GROUNDER],
    "inference": [
        "python tools/train.py configs/puppet/long_backbone.py",
        _GROUNDER,
        *(
            f"python tools/train.py configs/{name}.py"
            for name in ("dvfl/ucf101_kd", "anticipation/ek55_text_bert", "vidlankd/wiki103_student_small_nst")
        ),
        "python tools/train.py configs/puppet/anticipation_kd.py",
        "mmxkd export work_dirs/anticipation_kd/epoch_40.pth --video work_dirs/long_backbone/epoch_5.pth --preset rulstm --rate 3 --window 1.33 "
        "--out avt.safetensors",
        "mmxkd export work_dirs/wiki103_student_small_nst/epoch_40.pth --tokenizer data/pretrained/bert_uncased_tokenizer --out language.safetensors",
    ],
    "report": [
        *(f"python tools/train.py configs/dvfl/ucf101_{name}.py" for name in ("teacher_b", "student", "kd")),
        "cp -r work_dirs/ucf101_kd work_dirs/demo",
    ],
}


def config_of(work_dir: str, words: list[str]) -> str:
    """Return the config whose weights are expected in ``work_dirs/<work_dir>``: the last one the command names, or the one of that name."""
    named = [word for word in words if word.startswith("configs/")]
    found = [f"configs/{folder}/{work_dir}.py" for folder in _CONFIGS if Path(f"configs/{folder}/{work_dir}.py").exists()]
    return (found or named)[-1]


def _clips() -> None:
    write_films([Path("clip.mp4"), Path("kitchen.mp4")])
    write_films([Path("clips", f"{name}.mp4") for name in "ab"], frames=8)


def _clip_model(width: int) -> None:
    """Write a CLIP text tower of one layer, with a byte-pair tokenizer."""
    from transformers import CLIPTextConfig, CLIPTextModel

    from mmxkd.datasets.language.tokenizers import save_tokenizer, train_tokenizer

    tokenizer = train_tokenizer("roberta", SENTENCES * 3, 400)
    save_tokenizer(tokenizer, "data/pretrained/clip-vit-base-patch32")
    config = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=77,
    )
    CLIPTextModel(config).save_pretrained("data/pretrained/clip-vit-base-patch32")


def _readme() -> None:
    _clips()
    _clip_model(64)
    rng = np.random.RandomState(0)
    for name in "AB":
        np.savez(f"{name}.npz", uid=np.arange(6).astype(str), index=np.arange(6), gt_label=np.arange(6) % 3, pred_score=rng.rand(6, 3))


def _inference() -> None:
    _readme()
    stock_tokenizer("data/pretrained/bert_uncased_tokenizer")


def _own_videos() -> None:
    for name in ("climb", "dance", "jump", "run", "sit", "swim", "walk"):
        write_films([Path("data/mine/videos", name, f"v_{name}_g{group:02d}_c01.mp4") for group in range(8)], frames=8)


def _data() -> None:
    _own_videos()
    for number, name in enumerate(("jump", "walk")):
        write(Path("data/ucf101_authors", f"{'train' if number else 'val'}.csv"), f"videos/{name}.mp4,{number}\n")
        write_films([Path("data/ucf101_authors/videos", f"{name}.mp4")])
    write(Path("data/ucf101_authors/labels.csv"), "id,name\n0,jump\n1,walk\n")


def _features() -> None:
    _clips()
    features({"type": "NpyFeatures", "path": "features/old", "dim": 256}, {"a": 7, "b": 7})
    save("checkpoints/resnext101.pth", load_config("configs/features/resnext101_3d.py").model)
    from transformers import ResNetConfig, ResNetForImageClassification

    config = ResNetConfig(depths=[1] * 4, hidden_sizes=[8] * 4, embedding_size=8, layer_type="bottleneck")
    ResNetForImageClassification(config).save_pretrained("checkpoints/resnet-152")


def _groundnlq() -> None:
    from mmxkd.datasets.puppet.long.layout import write_long_world
    from mmxkd.datasets.puppet.long.world import LongWorld

    _clips()
    _clip_model(512)
    write_long_world(LongWorld(train_videos=8, val_videos=2, recipes=20, documents=20, pairs=4), Path("world"))
    questions = Path("world/questions")
    for source, target in (
        ("nlq_train", "nlq_train"),
        ("nlq_val", "nlq_val"),
        ("mq_train", "moments_train"),
        ("vq_train", "vq_train"),
    ):
        write(Path(f"data/ego4d/annotations/{target}.json"), (questions / f"{source}.json").read_text())
    asked = (questions / "nlq_val.json").read_text().replace('"annotation_uid": "', '"annotation_uid": "test-')
    write(Path("data/ego4d/annotations/nlq_test.json"), asked)
    write(Path("data/ego4d/egoclip.csv"), (questions / "egoclip.csv").read_text())
    shutil.copytree("world/videos", "data/ego4d/clips")
    answers = [
        {"clip_uid": "c", "annotation_uid": f"a{query}", "query_idx": 0, "predicted_times": [[float(n), n + 4.0, 0.5] for n in range(5)]}
        for query in range(2)
    ]
    for name in ("groundnlq_e5", "star_e5", "groundnlq_e6"):
        write(Path(f"{name}.json"), json.dumps({"version": "1.0", "challenge": "ego4d_nlq_challenge", "results": answers}))
    dataset = load_config("configs/groundnlq/ego4d_nlq_scratch.py").train_dataloader.dataset
    store = {**dataset.video_features, "path": str(Path(dataset.data_root, dataset.video_features.path))}
    features(store, {path.stem: 100 for path in Path("data/ego4d/clips").iterdir()})


def _own_annotations() -> None:
    rows = [
        (f"kitchen_{video}", 12 + 2 * step, 13.5 + 2 * step, *part, "validation" if video == 3 else "training")
        for video in range(4)
        for step, part in enumerate(_KITCHEN)
    ]
    write(Path("data/mine/segments.csv"), table(["video", "start", "stop", "verb", "noun", "split"], rows))
    features({"type": "RULSTMFeatures", "path": "data/mine/features", "dim": 768}, {f"kitchen_{video}": 700 for video in range(4)})
    recipe = {"id": "r", "title": "Milk", "instructions": [{"text": "Open the fridge and take the milk."}, {"text": "Pour the milk."}]}
    write(Path("data/recipe1m/layer1.json"), json.dumps([recipe]))


def _stored_teachers() -> None:
    from miniature import write_store

    for name in ("bert", "roberta"):
        write_store({"store": f"data/stores/{name}"}, 5)


def _vidlankd() -> None:
    prose = "\n\n".join(f"The {n}th paragraph tells that {sentence} and more of it." for n in range(60) for sentence in SENTENCES)
    pages = "".join(_ARTICLE.format(f"{SENTENCES[n % 4]} and so on, page {n}.") for n in range(1100))
    Path("downloads").mkdir()
    Path("downloads/enwiki.xml.bz2").write_bytes(bz2.compress(_WIKI.format(pages).encode()))
    for name in ("train", "valid", "test"):
        write(Path(f"downloads/wiki103.{name}.txt"), prose + "\n")
    stock_tokenizer("data/pretrained/bert_uncased_tokenizer")
    ids = json.loads(Path("data/pretrained/bert_uncased_tokenizer/tokenizer.json").read_text())["model"]["vocab"]
    write(Path("data/pretrained/vocab.txt"), "".join(f"{token}\n" for token in sorted(ids, key=ids.__getitem__)))
    names = [f"video{number:02d}" for number in range(40)]
    write(
        Path("downloads/captions.json"),
        json.dumps({name: {"text": SENTENCES, "start": [0, 2, 4, 6], "end": [2, 4, 6, 8]} for name in names}),
    )
    width = load_config("configs/vidlankd/howto100m_teacher_small.py").model.video.in_features // 2
    for stream, rate in (("2d", 1), ("3d", 1.5)):
        features(
            {"type": "NpyFeatures", "path": f"data/howto100m/features_{stream}", "dim": width}, {name: int(9 * rate) for name in names}
        )
    for task in ("glue/sst_2", "glue/qnli", "glue/qqp", "glue/mnli", "glue/mnli_mm", "swag", "piqa", "tracie", "wikitext2_glue/qnli"):
        write_data(load_config(f"configs/vidlankd/{task}.py"))
    shutil.copytree("data/glue", "downloads/glue_data")
    shutil.rmtree("data/glue")


#: Page -> what writes the files a reader has.
WRITERS: dict[str, Callable[[], None]] = {
    "README": _readme,
    "data": _data,
    "dvfl": _own_videos,
    "features": _features,
    "groundnlq": _groundnlq,
    "inference": _inference,
    "own_annotations": _own_annotations,
    "stored_teachers": _stored_teachers,
    "vidlankd": _vidlankd,
}
