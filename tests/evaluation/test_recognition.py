"""Every video once: accuracies, repeats, gaps, broken videos, dumps."""

import json

import numpy as np
import pytest
import torch
from mmengine.evaluator import Evaluator

from mmxkd.datasets.samplers import EpochSampler
from mmxkd.errors import ConfigError, DataError
from mmxkd.evaluation.recognition import RecognitionMetric, mean_class_accuracy, topk_accuracy, topk_hits
from mmxkd.registry import METRICS
from mmxkd.structures import DataSample

SCORES = [[0.7, 0.2, 0.1], [0.1, 0.5, 0.4], [0.5, 0.3, 0.2], [0.2, 0.2, 0.6]]
LABELS = [0, 2, 0, 1]


def sample_of(index, label=None, score=None, broken=()):
    sample = DataSample(metainfo={"uid": f"v{index}", "index": index, "broken": list(broken)})
    sample.gt_label = torch.tensor(LABELS[index] if label is None else label)
    sample.pred_score = torch.tensor(SCORES[index] if score is None else score)
    return sample


def evaluate(samples, size=4, **kwargs):
    evaluator = Evaluator(RecognitionMetric(**kwargs))
    evaluator.dataset_meta = {"classes": ("a", "b", "c"), "label_map_hash": "00ff"}
    evaluator.process(data_samples=samples)
    return evaluator.evaluate(size)


def test_recorded_accuracies(shared):
    folder = shared / "reference" / "dvfl"
    case = json.loads((folder / "multiview.json").read_text())
    recorded = np.load(folder / "multiview.npz")
    scores, labels = recorded["score_sum"], recorded["labels"]
    for k in (1, 5):
        assert topk_accuracy(scores, labels, k) * 100 == pytest.approx(case[f"top{k}_all"], abs=1e-6)
        assert topk_accuracy(scores[:24], labels[:24], k) * 100 == pytest.approx(case[f"top{k}_batch2_droplast"], rel=1e-6)
    assert topk_hits(scores, recorded["pred_top5"][:, 4], 5).all()
    assert not topk_hits(scores, recorded["pred_top5"][:, 4], 4).any()


def test_topk_by_hand():
    scores, labels = np.array(SCORES), np.array(LABELS)
    assert topk_accuracy(scores, labels, 1) == 0.5
    assert topk_accuracy(scores, labels, 2) == 0.75
    assert topk_accuracy(scores, labels, 3) == 1.0
    assert mean_class_accuracy(scores, labels) == pytest.approx(1 / 3)


def test_equal_scores_rank_by_class_number():
    scores = np.full((3, 3), 0.5)
    assert topk_hits(scores, np.array([0, 1, 2]), 2).tolist() == [True, True, False]


def test_nan_is_a_miss():
    assert topk_hits(np.full((1, 3), np.nan), np.array([0]), 3).tolist() == [False]


def test_metrics():
    metrics = evaluate([sample_of(index) for index in range(4)])
    assert metrics == {"top1": 0.5, "top5": 1.0, "mean_class": pytest.approx(1 / 3), "num_videos": 4, "num_broken": 0}
    assert {type(value) for value in metrics.values()} == {float, int}
    assert METRICS.build(dict(type="RecognitionMetric", topk=(1,))).topk == (1,)


def test_repeats_count_once_wherever_they_lie():
    samples = [sample_of(index) for index in (0, 0, 2, 1, 3, 0)]
    assert evaluate(samples)["top1"] == 0.5
    assert evaluate(samples)["num_videos"] == 4


def test_a_missing_video_is_an_error():
    with pytest.raises(ValueError, match=r"1 of 4 videos .*\[2\]"):
        evaluate([sample_of(index) for index in (0, 1, 3)])


def test_broken_videos_are_wrong():
    metrics = evaluate([sample_of(index, broken=["x.mp4"] if index == 0 else ()) for index in range(4)])
    assert metrics["top1"] == 0.25
    assert metrics["top5"] == 0.75
    assert metrics["mean_class"] == pytest.approx(1 / 6)
    assert metrics["num_broken"] == 1


@pytest.mark.parametrize("label", [-1, 3])
def test_labels_that_cannot_be_scored(label):
    with pytest.raises(DataError, match=f"1 of 4 .* v1 is labelled {label}"):
        evaluate([sample_of(index, label=label if index == 1 else None) for index in range(4)])


def test_dump_holds_plain_arrays_in_order(tmp_path):
    path = tmp_path / "deep" / "preds.npz"
    evaluate([sample_of(index) for index in (3, 1, 2, 0, 1)], dump=str(path))
    with np.load(path, allow_pickle=False) as dump:
        assert dump["uid"].tolist() == ["v0", "v1", "v2", "v3"]
        assert dump["index"].tolist() == [0, 1, 2, 3]
        assert dump["gt_label"].tolist() == LABELS
        assert dump["pred_score"].dtype == np.float32
        np.testing.assert_allclose(dump["pred_score"], SCORES, rtol=1e-6)
        assert str(dump["label_map_hash"]) == "00ff"
    assert [file.name for file in path.parent.iterdir()] == ["preds.npz"]


def _rank(rank, folder):
    torch.distributed.init_process_group("gloo", init_method=f"file://{folder}/init", rank=rank, world_size=2)
    keys = list(EpochSampler(range(4), shuffle=False, block_size=3))
    metrics = evaluate([sample_of(key.index) for key in keys], collect_dir=str(folder / "parts"))
    (folder / f"rank{rank}.json").write_text(json.dumps([len(keys), metrics]))
    torch.distributed.destroy_process_group()


def test_two_processes_count_every_video_once(tmp_path):
    torch.multiprocessing.start_processes(_rank, (tmp_path,), nprocs=2, start_method="fork")
    wanted = {"top1": 0.5, "top5": 1.0, "mean_class": pytest.approx(1 / 3), "num_videos": 4, "num_broken": 0}
    for rank in range(2):
        assert json.loads((tmp_path / f"rank{rank}.json").read_text()) == [3, wanted]


@pytest.mark.parametrize("kwargs", [{"topk": ()}, {"topk": (0,)}, {"dump": "preds.pkl"}])
def test_refused_values(kwargs):
    with pytest.raises(ConfigError, match="RecognitionMetric"):
        RecognitionMetric(**kwargs)
