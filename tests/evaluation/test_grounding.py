"""Recalls of windows, prediction files, the metric."""

import json
import time

import numpy as np
import pytest
import torch

from mmxkd.errors import ConfigError, DataError
from mmxkd.evaluation.grounding import align_predictions, hull_iou, match_windows, mean_iou, pad_windows, recall_at, summarise
from mmxkd.evaluation.nlq_files import read_predictions, read_truth, split_query_id, submission_row, write_submission
from mmxkd.registry import METRICS
from mmxkd.structures import DataSample


@pytest.mark.parametrize(
    ("one", "other", "iou"),
    [((0, 10), (0, 10), 1), ((0, 3), (0, 10), 0.3), ((0, 2), (5, 6), 0), ((0, 6), (4, 10), 0.2), ((5, 5), (5, 5), 0), ((3, 3), (0, 9), 0)],
)
def test_hull_iou(one, other, iou):
    assert hull_iou(np.array(one, float), np.array(other, float)) == pytest.approx(iou)


def test_two_empty_windows_have_the_released_nan_on_demand():
    empty = np.array([[5.0, 5.0]])
    assert np.isnan(hull_iou(empty, empty, np.nan)).all()
    assert not recall_at(hull_iou(empty, empty, np.nan)[None], [1], [0.0]).any()


def test_recall_is_strict_and_counts_windows_in_file_order():
    predicted = [[(0, 3), (0, 5)], [(20, 30), (0, 10)]]
    ious = match_windows(pad_windows(predicted), pad_windows([[(0, 10)]] * 2))
    np.testing.assert_array_equal(recall_at(ious, [1, 2], [0.3, 0.5]), [[0, 1], [0, 0.5]])
    np.testing.assert_array_equal(recall_at(ious, [1, 2], [0.29]), [[0.5, 1]])
    assert mean_iou(ious) == pytest.approx(0.15)


def test_any_true_window_counts_and_ragged_lists_do():
    ious = match_windows(pad_windows([[(0, 4)], []]), pad_windows([[(8, 9), (0, 5)], [(1, 2)]]))
    assert ious.tolist()[0] == [0.8]
    metrics = summarise(ious, [1, 5], [0.3, 0.5])
    assert metrics == {"r1_iou03": 0.5, "r5_iou03": 0.5, "r1_iou05": 0.5, "r5_iou05": 0.5, "r1_mean": 0.5, "miou": 0.4}
    assert mean_iou(pad_windows([[], []])[..., 0]) == 0
    with pytest.raises(DataError, match="no query"):
        summarise(np.zeros((0, 1)))


ROWS = [{"annotation_uid": "a", "query_idx": 0, "predicted_times": [[0, 1, 0.5]]}, {"query_id": "a_1", "predicted_times": [[2, 3]]}]
TRUTH = {"a_0": [[0, 1]], "a_1": [[2, 9]], "a_2": [[5, 6]]}


def test_queries_without_prediction():
    with pytest.raises(DataError, match="1 of 3 queries have no prediction, 'a_2' first"):
        align_predictions(ROWS, TRUTH)
    assert align_predictions(ROWS, TRUTH, "ignore") == ([[[0, 1, 0.5]], [[2, 3]]], [[[0, 1]], [[2, 9]]], 1)
    assert align_predictions(ROWS, TRUTH, "wrong")[0] == [[[0, 1, 0.5]], [[2, 3]], []]
    assert align_predictions(ROWS, TRUTH, optional={"a_2"})[2] == 0
    with pytest.raises(ConfigError, match="accepted: 'error', 'wrong', 'ignore'"):
        align_predictions(ROWS, TRUTH, "skip")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([*ROWS, ROWS[0]], "'a_0' is predicted twice"),
        ([{**ROWS[0], "query_idx": 9}], "'a_9' is predicted, but"),
        ([{"query_id": "a_0"}], "no predicted_times"),
        ([{"annotation_uid": "a"}], "accepted: query_id, or"),
    ],
)
def test_bad_predictions(rows, message):
    with pytest.raises(DataError, match=message):
        align_predictions(rows, TRUTH, "ignore")


def test_files_travel(tmp_path):
    path = tmp_path / "deep" / "preds.json"
    rows = [submission_row("ann_with_bars_3", "clip", [[0, 1, 0.5]] * 12)]
    write_submission(path, rows)
    assert read_predictions(path) == rows
    assert (rows[0]["annotation_uid"], rows[0]["query_idx"], len(rows[0]["predicted_times"])) == ("ann_with_bars", 3, 10)
    assert json.loads(path.read_text())["challenge"] == "ego4d_nlq_challenge"
    for name in ("nothing", "x_", "_3", "x_y"):
        with pytest.raises(DataError, match="needs <annotation_uid>_<number>"):
            split_query_id(name)
    for content in ("{}", "[]", "[1]", "{"):
        path.write_text(content)
        with pytest.raises(DataError, match=r"preds\.json"):
            read_predictions(path)


def test_truth_of_lists(tmp_path):
    path = tmp_path / "list.jsonl"
    path.write_text(
        json.dumps({"query_id": "q", "timestamps": [[1, 2], [3, 4]]}) + "\n" + json.dumps({"query_id": "r", "timestamps": [1, 2]})
    )
    assert read_truth(path) == ({"q": [[1, 2], [3, 4]], "r": [[1, 2]]}, set())
    path.write_text(json.dumps({"query_id": "q"}))
    with pytest.raises(DataError, match="cannot be scored against"):
        read_truth(path)


def test_real_predictions_have_their_published_figures(shared):
    folder = shared / "data/grounding/nextgqa"
    truth, _ = read_truth(folder / "nlq_format_val.json")
    predicted, windows, missing = align_predictions(read_predictions(folder / "rule_predictions_val.json"), truth)
    metrics = summarise(match_windows(pad_windows(predicted), pad_windows(windows)))
    expected = json.loads((folder / "rule_predictions_val.expected.json").read_text())
    assert missing == 0
    assert [[metrics["r1_iou03"], metrics["r5_iou03"]], [metrics["r1_iou05"], metrics["r5_iou05"]]] == expected[
        "official_recall_rows_iou_0p3_0p5_cols_top_1_5"
    ]
    assert metrics["miou"] == pytest.approx(expected["mean_iou_of_first"], rel=1e-15)


def test_five_thousand_queries_take_less_than_50_ms():
    rng = np.random.RandomState(0)
    starts = np.sort(rng.rand(5000, 10, 2) * 100, axis=2)
    rows = [{"annotation_uid": f"a{i}", "query_idx": 0, "predicted_times": times} for i, times in enumerate(starts.tolist())]
    truth = {f"a{i}_0": [[10.0, 20.0]] for i in range(5000)}

    def seconds():
        started = time.process_time()
        predicted, windows, _ = align_predictions(rows, truth)
        summarise(match_windows(pad_windows(predicted), pad_windows(windows)))
        return time.process_time() - started

    assert min(seconds() for _ in range(5)) < 0.05


def sample(index, predicted, windows=((0.0, 10.0),), uid=None):
    windows_, scores = [window[:2] for window in predicted], [window[2] for window in predicted]
    meta = {"uid": uid or f"ann{index}_0", "index": index, "video_id": "clip", "duration": 30.0, "windows": list(windows)}
    element = DataSample(metainfo=meta)
    element.pred_windows = torch.tensor(windows_, dtype=torch.float32).reshape(-1, 2)
    element.pred_scores = torch.tensor(scores, dtype=torch.float32)
    return element.to_dict()


def evaluate(samples, size=None, **options):
    metric = METRICS.build({"type": "GroundingMetric", **options})
    metric.process(None, samples)
    return metric.evaluate(len(samples) if size is None else size)


def test_metric_scores_and_writes(tmp_path):
    dump, submission = tmp_path / "out" / "preds.npz", tmp_path / "out" / "preds.json"
    samples = [sample(1, [(0, 9, 0.5), (3, 4, 0.25)]), sample(0, [(20, 30, 0.75)]), sample(1, [(0, 1, 0.5)])]
    metrics = evaluate(samples[:2] + samples[:1], 2, dump=str(dump), submission=str(submission))
    assert metrics["r1_iou03"] == metrics["r5_iou05"] == 0.5
    assert metrics["miou"] == pytest.approx(0.45)
    assert (metrics["num_queries"], metrics["num_undetected"]) == (2, 0)
    with np.load(dump) as arrays:
        assert arrays["uid"].tolist() == ["ann0_0", "ann1_0"]
        assert arrays["pred_windows"].shape == (2, 2, 2)
        assert np.isnan(arrays["pred_scores"][0, 1])
        assert arrays["windows"].tolist() == [[[0, 10]]] * 2
    assert [row["query_idx"] for row in read_predictions(submission)] == [0, 0]
    assert read_predictions(submission)[1]["predicted_times"] == [[0, 9, 0.5], [3, 4, 0.25]]


def test_queries_without_detection_and_without_windows():
    blank = sample(0, [])
    with pytest.raises(DataError, match="1 of 1 queries have no predicted window, 'ann0_0' first"):
        evaluate([blank])
    metrics = evaluate([blank], undetected="whole_clip")
    assert metrics["miou"] == pytest.approx(1 / 3)
    assert metrics["num_undetected"] == 1
    assert evaluate([sample(0, [(0, 1, 0.5)], windows=())]) == {"num_queries": 1, "num_undetected": 0}
    with pytest.raises(DataError, match="1 of 2 queries have no window"):
        evaluate([sample(0, [(0, 1, 0.5)], windows=()), sample(1, [(0, 1, 0.5)])])
    with pytest.raises(ValueError, match="1 of 2 queries were never evaluated"):
        evaluate([sample(0, [(0, 1, 0.5)])], 2)


@pytest.mark.parametrize(
    "options", [{"topk": ()}, {"thresholds": (1.5,)}, {"undetected": "skip"}, {"dump": "x.pkl"}, {"submission": "x.npz"}]
)
def test_bad_settings(options):
    with pytest.raises(ConfigError, match="accepted"):
        METRICS.build({"type": "GroundingMetric", **options})
