import torch

from mmxkd.models.grounding.assignment import assign_targets, make_points

POINTS = torch.cat(make_points([16, 8], [1, 2], [[0, 4], [3, 100]], "cpu"))
ONE = torch.ones(1, 1)


def positives(windows, classes=ONE, radius=None):
    scores, _ = assign_targets(POINTS, torch.tensor(windows, dtype=torch.float64), classes, radius)
    return [(int(p), int(s)) for p, s in POINTS[scores.sum(1) > 0][:, [0, 3]].tolist()]


def test_points_inside_whose_range_fits():
    assert positives([[2.0, 5.0]]) == [(3, 1), (4, 1)]
    # A distance of 4 still belongs to the first level, and 3 already to the second.
    assert positives([[0.0, 5.0]]) == [(1, 1), (2, 1), (3, 1), (4, 1), (2, 2), (4, 2)]


def test_centre_sampling_cuts_the_window():
    assert positives([[0.0, 8.0]], radius=1.5) == [(4, 1), (2, 2), (4, 2), (6, 2)]


def test_shortest_window_wins_and_equal_ones_share_the_classes():
    windows = torch.tensor([[0.0, 8.0], [3.0, 6.0], [3.5, 6.5]], dtype=torch.float64)
    scores, distances = assign_targets(POINTS, windows, torch.eye(3), None)
    assert scores[4].tolist() == [0, 1, 1]
    assert distances[4].tolist() == [1, 2]
    assert scores[POINTS[:, 3] == 2][1].tolist() == [1, 0, 0]


def test_no_window_no_target():
    scores, distances = assign_targets(POINTS, torch.zeros(0, 2), torch.zeros(0, 2))
    assert scores.shape == (24, 2)
    assert not scores.any()
    assert not distances.any()
