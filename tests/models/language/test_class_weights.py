import numpy as np
import torch
import torch.nn.functional as F
from sklearn.utils import compute_class_weight

from mmxkd.models.language.class_weights import balanced_class_weights, weighted_cross_entropy


def test_present_classes_as_in_sklearn_and_absent_ones_by_option():
    labels = np.array([0, 0, 0, 2, 2, 4])
    counts = torch.from_numpy(np.bincount(labels, minlength=6))
    expected = compute_class_weight("balanced", classes=np.array([0, 2, 4]), y=labels)
    for absent in (0.0, 1.0):
        weights = balanced_class_weights(counts, absent)
        torch.testing.assert_close(weights[[0, 2, 4]], torch.from_numpy(expected).float())
        assert weights[[1, 3, 5]].tolist() == [absent] * 3


def test_weighted_mean_leaves_unlabelled_samples_out():
    logits, weights = torch.randn(4, 3), torch.tensor([0.5, 2.0, 0.0])
    labels = torch.tensor([0, -1, 1, 0])
    expected = F.cross_entropy(logits, labels, weight=weights, ignore_index=-1)
    torch.testing.assert_close(weighted_cross_entropy(logits, labels, weights), expected)
    torch.testing.assert_close(weighted_cross_entropy(logits, labels), F.cross_entropy(logits, labels, ignore_index=-1))


def test_nothing_labelled_is_zero_with_a_gradient():
    logits = torch.randn(2, 3, requires_grad=True)
    for weights in (None, torch.ones(3)):
        loss = weighted_cross_entropy(logits, torch.tensor([-1, -1]), weights)
        loss.backward()
        assert loss == 0
