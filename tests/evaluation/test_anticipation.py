"""Measures of anticipation by hand, the metric around them, and the offline report."""

import csv

import numpy as np
import pytest
import torch
from mmengine.evaluator import Evaluator

from mmxkd.apis.eval_predictions import EvalOptions, evaluate_predictions, format_report
from mmxkd.errors import ConfigError, DataError
from mmxkd.evaluation import anticipation as measures
from mmxkd.evaluation.many_shot import read_many_shot
from mmxkd.registry import METRICS
from mmxkd.structures import DataSample

# Actions 0..3 are (verb, noun) (0, 0), (0, 1), (1, 1), (3, 0): verb 2 and noun 2 have no action.
VERB, NOUN = np.array([0, 0, 1, 3]), np.array([0, 1, 1, 0])
SCORES = np.array([[0.4, 0.3, 0.2, 0.1], [0.1, 0.2, 0.3, 0.4], [0.3, 0.4, 0.2, 0.1], [0.1, 0.2, 0.6, 0.1]])
LABELS = np.array([0, 0, 1, 2])


def test_class_means_differ_by_what_they_divide_by():
    assert measures.mean_class_present(SCORES, LABELS) == pytest.approx((0.5 + 1 + 1) / 3)
    assert measures.mean_class_all(SCORES, LABELS) == pytest.approx((0.5 + 1 + 1) / 4)


def test_recall_counts_the_classes_of_the_list_that_occur():
    assert measures.mean_topk_recall(SCORES, LABELS, 1) == pytest.approx(2.5 / 3)
    assert measures.mean_topk_recall(SCORES, LABELS, 1, [0, 3]) == 0.5
    assert np.isnan(measures.mean_topk_recall(SCORES, LABELS, 1, [3]))


def test_the_two_many_shot_rules():
    assert measures.many_shot_either(VERB, NOUN, [1], [0]).tolist() == [0, 2, 3]
    assert measures.many_shot_both(VERB, NOUN, [0, 1], [1]).tolist() == [1, 2]


def test_verbs_by_mapping_and_by_marginalisation():
    true_verbs = np.array([0, 0, 0, 1])
    assert measures.mapped_topk_accuracy(SCORES, true_verbs, VERB, 1) == 0.75
    assert measures.mapped_topk_accuracy(SCORES, true_verbs, VERB, 3) == 1.0
    matrix = measures.marginal_scores(SCORES, VERB, 4)
    np.testing.assert_allclose(matrix[0], [0.7, 0.2, 0.0, 0.1])
    index = measures.marginal_scores(SCORES, VERB, 4, "index")
    np.testing.assert_allclose(index[:, 2], SCORES[:, 0])
    np.testing.assert_allclose(index[:, [0, 1, 3]], matrix[:, [0, 1, 3]])
    with pytest.raises(ValueError, match="accepted: 'matrix', 'index'"):
        measures.marginal_scores(SCORES, VERB, 4, "other")


def test_duplicates_are_averaged():
    keys, scores = measures.average_duplicates(np.array([7, 3, 7]), np.array([[1.0, 0.0], [5.0, 5.0], [0.0, 2.0]]))
    assert keys.tolist() == [3, 7]
    np.testing.assert_allclose(scores, [[5.0, 5.0], [0.5, 1.0]])


def test_agreement_overlap_and_calibration():
    other = SCORES[:, ::-1]
    assert measures.agreement(SCORES, SCORES) == 1.0
    assert measures.agreement(SCORES, other) == 0.0
    assert measures.topk_overlap(SCORES, other, 2) == pytest.approx((0 + 0 + 0 + 1) / 4)
    sure = np.array([[1.0, 0.0], [1.0, 0.0]])
    assert measures.calibration_error(sure, np.array([0, 0])) == 0.0
    assert measures.calibration_error(sure, np.array([0, 1])) == 0.5


def test_error_groups_partition_the_samples():
    teacher = np.eye(4)[[0, 0, 0, 0]]
    groups = measures.error_groups({"student": SCORES, "teacher": teacher}, LABELS)
    assert groups == {
        "student wrong, teacher wrong": 0,
        "student right, teacher wrong": 2,
        "student wrong, teacher right": 1,
        "student right, teacher right": 1,
    }


def test_correlated_classes():
    base = np.random.RandomState(0).rand(50)
    scores = np.stack([base, -base, base + 0.01 * np.random.RandomState(1).rand(50), np.zeros(50)], axis=1)
    found = measures.correlated_classes(scores, np.array([0, 3]), top=1)
    assert list(found) == [0]
    assert found[0][0][0] == 2


def test_many_shot_files(tmp_path):
    pairs, verbs, nouns = tmp_path / "actions.csv", tmp_path / "verbs.csv", tmp_path / "nouns.txt"
    pairs.write_text('action_class,noun,noun_class,verb,verb_class\n"(1, 1)",cup,1,wash,1\n"(0, 0)",pan,0,take,0\n"(9, 9)",x,9,y,9\n')
    verbs.write_text("verb_class,verb\n1,wash\n")
    nouns.write_text("0\n")
    assert read_many_shot(str(pairs), VERB, NOUN).tolist() == [0, 2]
    assert read_many_shot(str(nouns)).tolist() == [0]
    assert read_many_shot(dict(rule="either", verbs=str(verbs), nouns=str(nouns)), VERB, NOUN).tolist() == [0, 2, 3]
    assert read_many_shot(dict(rule="both", verbs=[0], nouns=[1]), VERB, NOUN).tolist() == [1]
    with pytest.raises(ConfigError, match="no action_verb"):
        read_many_shot(str(pairs))
    with pytest.raises(ConfigError, match="'either' or 'both'"):
        read_many_shot(dict(rule="any", verbs=[], nouns=[]), VERB, NOUN)
    with pytest.raises(DataError, match=r"none\.csv"):
        read_many_shot(str(tmp_path / "none.csv"))
    nouns.write_text("cup\n")
    with pytest.raises(DataError, match=r"nouns\.txt: 'cup'"):
        read_many_shot(str(nouns))


def sample_of(index, uid=None, **extra):
    sample = DataSample(metainfo={"uid": uid or f"s{index}", "index": index})
    sample.gt_label, sample.pred_score = torch.tensor(LABELS[index]), torch.tensor(SCORES[index])
    for name, value in extra.items():
        sample.set_field(torch.as_tensor(value), name)
    return sample


def evaluate(samples, size=4, meta=(), **options):
    evaluator = Evaluator(METRICS.build(dict(type="AnticipationMetric", **options)))
    evaluator.dataset_meta = dict(action_verb=VERB, action_noun=NOUN, many_shot={"both": [0]}, label_map_hash="00ff", **dict(meta))
    evaluator.process(data_samples=samples)
    return evaluator.evaluate(size)


def test_metric_gives_every_measure_and_its_dump_scores_alike(tmp_path):
    dump = tmp_path / "deep/preds.npz"
    result = evaluate([sample_of(index) for index in (3, 0, 1, 2, 0)], dump=str(dump))
    assert result["top1"] == 0.75
    assert result["recall5_both"] == 1.0
    assert result["verb_top1"] == 0.75
    assert result["num_samples"] == 4
    assert {"mean_class", "mean_class_all", "recall5", "noun_marginal_top5", "calibration_error"} <= result.keys()
    report = evaluate_predictions("anticipation", {"a": dump})
    assert report["metrics"]["a"] == result
    assert "recall5_both" in format_report(report)
    changed = evaluate_predictions("anticipation", {"a": dump}, EvalOptions(many_shot={"mine": _write(tmp_path / "mine.txt", "2")}))
    assert changed["metrics"]["a"]["recall5_mine"] == 1.0
    assert "recall5_both" not in changed["metrics"]["a"]


def test_crops_of_a_sample_are_averaged():
    crop = sample_of(0, pred_score=[0.0, 0.9, 0.1, 0.0])
    assert evaluate([sample_of(index) for index in range(4)] + [crop])["top1"] == 0.5


def test_the_datas_own_verbs_win_over_the_actions():
    result = evaluate([sample_of(index, gt_verb=-1 if index else 3) for index in range(4)])
    assert result["verb_top1"] == 0.0


def test_samples_that_cannot_be_scored():
    with pytest.raises(ValueError, match=r"1 of 4 samples .*\[2\]"):
        evaluate([sample_of(index) for index in (0, 1, 3)])
    with pytest.raises(DataError, match="s1 is labelled -1"):
        evaluate([sample_of(0), sample_of(1, gt_label=-1), sample_of(2), sample_of(3)])
    with pytest.raises(ConfigError, match="topk"):
        evaluate([], topk=(0,))
    with pytest.raises(ConfigError, match=r"\.npz"):
        evaluate([], dump="a.pkl")
    with pytest.raises(ConfigError, match=r"no such file: none/verbs\.csv"):
        evaluate([], many_shot={"or": dict(rule="either", verbs="none/verbs.csv", nouns=[1])})


def test_the_lists_of_epic_55(shared):
    folder = shared / "data" / "epic55"
    with open(folder / "actions.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    verb, noun = (np.array([int(row[name]) for row in rows]) for name in ("verb", "noun"))
    files = {f"{part}s": str(folder / f"EPIC_many_shot_{part}s.csv") for part in ("verb", "noun")}
    assert len(read_many_shot(dict(rule="either", **files), verb, noun)) == 2265
    official = read_many_shot(str(folder / "EPIC_many_shot_actions.csv"), verb, noun)
    assert len(official) == 819
    assert read_many_shot(dict(rule="both", **files), verb, noun).tolist() == official.tolist()


def test_report_of_several_models(tmp_path):
    order = np.array([2, 0, 3, 1])
    student, teacher = tmp_path / "student.npz", tmp_path / "teacher.npz"
    uid = np.array(["a", "b", "c", "d"])
    np.savez(student, uid=uid, gt_label=LABELS, pred_score=SCORES)
    np.savez(teacher, uid=uid[order], gt_label=LABELS[order], pred_score=SCORES[order])
    report = evaluate_predictions("anticipation", {"student": student, "teacher": teacher}, EvalOptions(correlated=2))
    assert report["agreement"] == {"student / teacher": 1.0}
    assert report["error_groups"]["student right, teacher right"] == 3
    assert report["error_groups"]["student wrong, teacher right"] == 0
    assert len(report["correlated"]["teacher"]["0"]) == 2
    np.savez(teacher, uid=np.array(["a", "b", "c", "x"]), gt_label=LABELS, pred_score=SCORES)
    with pytest.raises(DataError, match="different samples"):
        evaluate_predictions("anticipation", {"student": student, "teacher": teacher})
    np.savez(teacher, uid=uid, gt_label=LABELS[::-1], pred_score=SCORES)
    with pytest.raises(DataError, match="disagree about the labels"):
        evaluate_predictions("anticipation", {"student": student, "teacher": teacher})


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (dict(uid=["a"], gt_label=[0]), "holds no pred_score"),
        (dict(uid=["a"], gt_label=[0, 1], pred_score=[[1.0]]), "accepted: uid"),
        (dict(uid=["a"], gt_label=[0], pred_score=[[np.nan]]), "sample a are not finite"),
        (None, "cannot be read"),
    ],
)
def test_files_that_are_no_dump(tmp_path, arrays, message):
    path = tmp_path / "x.npz"
    path.write_bytes(b"PK") if arrays is None else np.savez(path, **arrays)
    with pytest.raises(DataError, match=message):
        evaluate_predictions("anticipation", {"x": path})


def test_unknown_task():
    with pytest.raises(ConfigError, match="accepted: anticipation"):
        evaluate_predictions("anticipate", {})


def _write(path, text):
    path.write_text(text)
    return str(path)
