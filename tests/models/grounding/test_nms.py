import numpy as np
import pytest

from mmxkd.errors import ConfigError
from mmxkd.models.grounding.decoding import Moments, PostProcess
from mmxkd.models.grounding.nms import hard_nms, soft_nms, vote


def proposals(count, seed=0, classes=1):
    rng = np.random.RandomState(seed)
    starts, lengths = rng.uniform(0, 200, count), rng.uniform(0.5, 40, count)
    windows = np.stack([starts, starts + lengths], 1).astype(np.float32)
    return Moments(windows, rng.permutation(count).astype(np.float32) / count, rng.randint(0, classes, count))


@pytest.mark.parametrize("limit", [1, 5, 100])
@pytest.mark.parametrize("decay", ["gaussian", "linear", "hard"])
def test_stopping_early_changes_nothing(limit, decay):
    windows, scores, _ = proposals(300)
    all_index, all_scores = soft_nms(windows, scores, 0.5, 0.01, None, decay)
    index, lowered = soft_nms(windows, scores, 0.5, 0.01, limit, decay)
    assert index.tolist() == all_index[:limit].tolist()
    assert lowered.tolist() == all_scores[:limit].tolist()
    kept = hard_nms(windows, scores, 0.4)
    assert hard_nms(windows, scores, 0.4, limit=limit).tolist() == kept[:limit].tolist()


def test_scores_of_overlapping_windows_decay():
    windows = np.array([[0, 10], [0, 10], [20, 30], [5, 15]], dtype=np.float32)
    scores = np.array([0.9, 0.8, 0.1, 0.6], dtype=np.float32)
    index, lowered = soft_nms(windows, scores, sigma=0.5, min_score=0.05)
    # The copy of the first falls behind all others; a third of the last overlaps the first.
    assert index.tolist() == [0, 3, 2, 1]
    assert lowered[1] == pytest.approx(0.6 * np.exp(-1 / 9 / 0.5), rel=1e-5)
    assert soft_nms(windows, scores, sigma=0.5, min_score=0.2)[0].tolist() == [0, 3]


def test_first_pick_counts_whatever_its_score():
    assert soft_nms(np.array([[0, 1]], dtype=np.float32), np.array([0.1], dtype=np.float32), min_score=0.5)[0].tolist() == [0]
    assert len(soft_nms(np.zeros((0, 2), np.float32), np.zeros(0, np.float32))[0]) == 0


def test_voting_is_a_weighted_mean():
    windows = np.array([[0, 10], [0, 8]], dtype=np.float32)
    scores = np.array([0.5, 1.0], dtype=np.float32)
    assert vote(windows[:1], windows, scores, 0.5)[0].tolist() == pytest.approx([0, (10 * 0.5 + 8 * 0.8) / 1.3])
    assert vote(windows[:1], windows, scores, 0.9)[0].tolist() == [0, 10]


def test_classes_do_not_suppress_each_other():
    moments = Moments(np.array([[0, 10], [0, 10]], dtype=np.float32), np.array([0.9, 0.8], dtype=np.float32), np.array([0, 1]))
    hard = dict(nms="hard", iou_threshold=0.5)
    assert len(PostProcess(**hard).suppress(moments).scores) == 2
    assert len(PostProcess(**hard, multiclass=False).suppress(moments).scores) == 1
    none = PostProcess(nms="none", max_windows=1).suppress(moments)
    assert len(none.scores) == 2


def test_decoding_keeps_the_best_of_each_level_and_drops_short_ones():
    logits = [np.array([[2.0], [1.0], [3.0], [9.0]]), np.array([[0.0], [0.5]])]
    distances = [np.ones((4, 2)), np.array([[1.0, 1.0], [0.0, 0.0]])]
    masks = [np.array([True, True, True, False]), np.array([True, True])]
    moments = PostProcess(pre_nms_topk=2).decode(logits, distances, masks, [1, 2])
    assert moments.windows.tolist() == [[1, 3], [-1, 1], [-2, 2]]
    assert moments.scores[2] == 0.5


def test_seconds_are_clamped_to_the_clip():
    seconds = PostProcess().to_seconds(np.array([[-3.0, 2.0], [5.0, 99.0]], dtype=np.float32), 15, 15, 30, 10)
    assert seconds.tolist() == [[0, 1], [2.5, 10]]


@pytest.mark.parametrize("settings", [dict(nms="fuzzy"), dict(max_windows=0), dict(sigma=0.0), dict(pre_nms_topk=0)])
def test_settings_that_cannot_be(settings):
    with pytest.raises(ConfigError, match=f"post_process.{next(iter(settings))}"):
        PostProcess(**settings)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("crowded", [False, True])
def test_looking_among_the_best_first_changes_nothing(seed, crowded):
    windows, scores, _ = proposals(2000, seed)
    if crowded:
        # The best are all in one place, so that the answer lies outside of them.
        windows[scores > 0.8] = windows[0] + np.float32(1e-3) * scores[scores > 0.8][:, None]
    index, lowered = soft_nms(windows, scores, 0.5, 0.01, 5)
    all_index, all_scores = soft_nms(windows, scores, 0.5, 0.01, None)
    assert index.tolist() == all_index[:5].tolist()
    assert lowered.tolist() == all_scores[:5].tolist()
