"""Averaging of views: recorded scores and a case by hand."""

import json

import numpy as np
import torch

from mmxkd.models.views import average_views


def test_recorded_scores(shared):
    folder = shared / "reference" / "dvfl"
    case = json.loads((folder / "multiview.json").read_text())
    recorded = np.load(folder / "multiview.npz")
    scores = average_views(torch.from_numpy(recorded["view_logits"]))
    np.testing.assert_allclose(scores.numpy(), recorded["score_mean"], atol=case["bars"]["scores"]["atol"], rtol=0)
    np.testing.assert_allclose(scores.numpy() * case["views"], recorded["score_sum"], atol=case["bars"]["scores"]["atol"], rtol=0)
    assert scores.argmax(1).tolist() == recorded["pred_top1"].tolist()


def test_probabilities_are_averaged_not_logits():
    logits = torch.tensor([[[8.0, 0.0], [0.0, 3.0], [0.0, 3.0]]])
    assert logits.mean(1).argmax().item() == 0
    scores = average_views(logits)
    assert scores.argmax().item() == 1
    torch.testing.assert_close(scores.sum(1), torch.ones(1))


def test_half_precision_is_averaged_in_float():
    assert average_views(torch.zeros(1, 3, 7, dtype=torch.bfloat16)).dtype == torch.float32
