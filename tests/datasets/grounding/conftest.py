"""A data set of three clips and five questions in miniature."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from mmxkd.datasets.features import build_feature_writer

DURATION = 20.0


def annotation(split, texts):
    """Return Ego4D's json with one clip per text list."""
    clips = []
    for number, queries in enumerate(texts):
        entries = [{"query": text, "clip_start_sec": 2.0 + i, "clip_end_sec": 5.5 + i} for i, text in enumerate(queries)]
        clips.append(
            {
                "clip_uid": f"{split}-clip{number}",
                "video_start_sec": 100.0,
                "video_end_sec": 100.0 + DURATION,
                "annotations": [{"annotation_uid": f"{split}_ann{number}", "language_queries": entries}],
            }
        )
    return {"version": "1", "videos": [{"video_uid": f"{split}-video", "clips": clips}]}


@pytest.fixture
def world(tmp_path):
    """Folder with ``train.json``, ``val.json`` and stores ``video`` (dim 4) and ``text`` (dim 3)."""
    rng = np.random.RandomState(0)
    texts = [["where is the cup?", "what did I cut?"], ["who knocked?", "", "when did it rain?"]]
    ids = []
    with build_feature_writer(tmp_path / "video", "npy") as video, build_feature_writer(tmp_path / "text", "npy") as text:
        for split in ("train", "val"):
            content = annotation(split, texts)
            (tmp_path / f"{split}.json").write_text(json.dumps(content))
            for clip in content["videos"][0]["clips"]:
                video.write(clip["clip_uid"], rng.rand(rng.randint(6, 12), 4).astype(np.float32))
                for annotated in clip["annotations"]:
                    for index in range(len(annotated["language_queries"])):
                        ids.append(f"{annotated['annotation_uid']}_{index}")
                        text.write(ids[-1], rng.rand(rng.randint(1, 5), 3).astype(np.float32))
    return SimpleNamespace(root=tmp_path, ids=ids)


@pytest.fixture
def config(world):
    """Return arguments of ``GroundingDataset`` for a split of ``world``, with ``changes`` put over them."""

    def config(split="train", **changes):
        return {
            "ann_file": f"{split}.json",
            "data_root": str(world.root),
            "layout": "ego4d_nlq",
            "video_features": {"type": "NpyFeatures", "path": "video", "dim": 4},
            "text_features": {"type": "NpyFeatures", "path": "text", "dim": 3},
            "fps": 30,
            "feat_stride": 60,
            "feat_num_frames": 60,
            **changes,
        }

    return config
