import numpy as np
import pytest
import torch

from mmxkd.errors import ConfigError
from mmxkd.evaluation.glue import GLUEMetric, glue_metrics
from mmxkd.evaluation.language import LanguageMetric, retrieval_recall


def test_retrieval_counts_ties_against_the_pair():
    eye = np.eye(4, dtype=np.float32)
    assert retrieval_recall(eye, eye, ks=(1,)) == {"text_to_video_R@1": 1.0, "video_to_text_R@1": 1.0}
    same = np.ones((4, 2), dtype=np.float32)
    assert set(retrieval_recall(same, same, ks=(1, 3)).values()) == {0.0}
    assert retrieval_recall(same, same, ks=(4,))["text_to_video_R@4"] == 1.0
    shifted = retrieval_recall(eye, np.roll(eye, 1, axis=0), ks=(1,))
    assert shifted["text_to_video_R@1"] == 0.0


def row(index, loss, count):
    return dict(index=index, uid=str(index), mlm_loss=torch.tensor(loss), mlm_hits=torch.tensor(1), mlm_count=count)


@pytest.mark.parametrize(("average", "expected"), [("token", 9.0 / 6), ("batch", (1.0 + 7.0 / 4) / 2)])
def test_averages(average, expected, tmp_path):
    metric = LanguageMetric(average, dump=str(tmp_path / "x.npz"))
    metric.process(None, [row(0, 1.0, 1), row(1, 2.0, 2)])
    metric.process(None, [row(2, 6.0, 3), row(0, 1.0, 1)])  # row 0 again fills up a rank
    values = metric.evaluate(3)
    assert values["mlm_loss"] == pytest.approx(expected)
    if average == "token":
        assert values["num_masked"] == 6
        assert values["perplexity"] == pytest.approx(np.exp(expected))
        assert values["mlm_accuracy"] == pytest.approx(0.5)
    assert np.load(tmp_path / "x.npz")["mlm_count"].tolist() == [1, 2, 3]


def test_nothing_masked_anywhere_is_no_division_by_zero():
    metric = LanguageMetric()
    metric.process(None, [dict(index=0, uid="0", mlm_loss=torch.tensor(0.0), mlm_hits=torch.tensor(0), mlm_count=0)])
    assert metric.evaluate(1)["mlm_loss"] == 0


def test_glue_metric_drops_repeats_and_misses_nothing():
    metric = GLUEMetric("qnli")
    samples = [dict(index=i, pred_label=torch.tensor(p), gt_label=torch.tensor(1)) for i, p in ((0, 1), (1, 0), (0, 1))]
    metric.process(None, samples)
    assert metric.evaluate(2) == {"acc": 0.5, "num_samples": 2}
    metric.process(None, samples)
    with pytest.raises(ValueError, match="1 of 3 rows were never evaluated"):
        metric.evaluate(3)
    regression = GLUEMetric("sts-b")
    regression.process(None, [dict(index=i, pred_value=torch.tensor(i * 1.0), gt_value=torch.tensor(i * 2.0)) for i in range(4)])
    assert regression.evaluate(4)["corr"] == pytest.approx(1.0)


def test_degenerate_predictions():
    labels = np.array([0, 1, 1])
    assert glue_metrics("cola", np.ones(3, dtype=int), labels) == {"mcc": 0.0}
    assert glue_metrics("qqp", np.zeros(3, dtype=int), labels)["f1"] == 0.0
    assert glue_metrics("sts-b", np.ones(3), np.arange(3.0))["corr"] == 0.0
    with pytest.raises(ConfigError, match="accepted: cola"):
        glue_metrics("ax", labels, labels)
