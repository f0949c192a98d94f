import logging
from types import SimpleNamespace

import pytest

from mmxkd.engine.hooks.broken_videos import BrokenVideoHook
from mmxkd.errors import ConfigError, DataError
from mmxkd.structures import DataSample


@pytest.fixture
def runner(tmp_path):
    return SimpleNamespace(work_dir=str(tmp_path), logger=logging.getLogger("toy"), distributed=False)


def batch(*broken):
    return {"data_samples": [DataSample(metainfo={"broken": list(paths)}) for paths in broken]}


def test_stops_beyond_the_limit_once_enough_was_seen(runner, tmp_path):
    hook = BrokenVideoHook(max_share=0.25)
    hook.before_train_epoch(runner)
    hook.after_train_iter(runner, 0, batch(["a.mp4"], ["a.mp4", "b.mp4"], []))
    with pytest.raises(DataError, match=r"2 of 4 samples \(50.0%\) of train_dataloader could not be read, the limit is 25.0%"):
        hook.after_train_iter(runner, 1, batch([]))
    assert (tmp_path / "broken_videos.txt").read_text() == "a.mp4\nb.mp4\n"


def test_limit_itself_is_allowed_and_epochs_count_for_themselves(runner):
    hook = BrokenVideoHook(max_share=0.25)
    for _ in range(3):
        hook.before_train_epoch(runner)
        hook.after_train_iter(runner, 0, batch(["a.mp4"], [], [], []))
        hook.after_train_epoch(runner)


@pytest.mark.parametrize("mode", ["val", "test"])
def test_a_short_evaluation_is_judged_at_its_end(runner, mode):
    hook = BrokenVideoHook(max_share=0.01)
    getattr(hook, f"before_{mode}_epoch")(runner)
    getattr(hook, f"after_{mode}_iter")(runner, 0, batch(["a.mp4"], []))
    with pytest.raises(DataError, match=f"1 of 2 samples .* of {mode}_dataloader"):
        getattr(hook, f"after_{mode}_epoch")(runner, {})


def test_a_file_is_logged_and_listed_once_over_runs(runner, tmp_path, caplog):
    for _ in range(2):
        hook = BrokenVideoHook(max_share=1.0)
        hook.before_test_epoch(runner)
        hook.after_test_iter(runner, 0, batch(["a.mp4"], ["a.mp4"]))
    assert [record.message for record in caplog.records] == ["cannot be read: a.mp4"] * 2
    assert (tmp_path / "broken_videos.txt").read_text() == "a.mp4\n"


def test_share_out_of_range():
    with pytest.raises(ConfigError, match=r"max_share=1.5; accepted: a share in 0..1"):
        BrokenVideoHook(max_share=1.5)
