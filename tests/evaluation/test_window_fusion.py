"""Fusing the windows of several models."""

import pytest

from mmxkd.evaluation.window_fusion import agree_on_first, cluster_by_centre, fuse_windows, propose, suppress_overlaps


def test_suppression_keeps_the_best_and_first():
    windows = [(0, 10, 0.5), (0, 9, 0.9), (20, 30, 0.1), (40, 50, 0.1), (0, 5, 0.2)]
    assert suppress_overlaps(windows, 0.5, keep=3) == [(0, 9, 0.9), (20, 30, 0.1), (40, 50, 0.1)]
    assert suppress_overlaps(windows, 0.6, keep=5)[1] == (0, 5, 0.2)
    assert suppress_overlaps([], 0.5) == []


def test_groups_are_chains_of_centres():
    windows = [(0, 2, 0.1), (4, 6, 0.2), (1.5, 3.5, 0.3), (8, 10, 0.4)]
    assert cluster_by_centre(windows) == [[(0, 2, 0.1), (1.5, 3.5, 0.3)], [(4, 6, 0.2)], [(8, 10, 0.4)]]
    same = [(0, 4, 0.1), (1, 3, 0.9)]
    assert cluster_by_centre(same) == [same]
    assert cluster_by_centre(same, merge_equal=True) == [[(1, 3, 0.9)]]


def test_a_proposal_is_between_the_best_and_the_middle():
    assert propose([(0, 2, 0.5)]) == (0, 2, 0.5, 0.5)
    assert propose([(0, 2, 0.8), (1, 3, 0.2), (2, 6, 0.4)]) == pytest.approx((0.5, 2.5, 0.5, 1.4))
    assert propose([(0, 2, 0.8), (1, 3, 0.2), (2, 6, 0.2), (3, 9, 0.1)])[:2] == (0.5, 2.5)
    assert [p[3] for p in agree_on_first([(0, 2, 0.3), (50, 52, 0.2), (51, 53, 0.2)])] == pytest.approx([0.4, 0.3])


def test_agreement_counts_and_the_published_oddities_are_optional():
    models = [[(0, 10, 0.5)], [(50, 60, 0.6)], [(51, 61, 0.6)]]
    assert fuse_windows(models)[0][0] == pytest.approx(50.0)
    fused = fuse_windows(models)
    assert len(fused) == 2
    published = fuse_windows(models, published=True)
    assert len(published) == 5
    assert published[-1] == published[-2] == (0, 10, 0.5)
    lone = [[(0, 10, 0.9)], [(50, 60, 0.5)], [(50, 60, 0.5)]]
    assert fuse_windows(lone)[0][2] == pytest.approx(0.9)
