"""Opening, caching and reading of frames, with a reader that counts what it is asked for."""

import pickle

import numpy as np
import pytest

from mmxkd.datasets.transforms import decode
from mmxkd.datasets.transforms.decode import ArrayVideo, DecodeFrames, OpenVideo
from mmxkd.errors import ConfigError


def numbered(length):
    """Return (length, 2, 2, 3) frames that show their number."""
    return np.broadcast_to(np.arange(length, dtype=np.uint8)[:, None, None, None], (length, 2, 2, 3))


@pytest.fixture
def opened(monkeypatch):
    """Replace the readers: file ``n`` has n frames; return the list of files opened."""
    files = []

    def open_video(path, reader):
        files.append(path)
        return ArrayVideo(numbered(int(path)))

    monkeypatch.setattr(decode, "open_video", open_video)
    return files


def read(transform, path, inds):
    results = transform({"filename": path})
    return DecodeFrames()({**results, "frame_inds": np.array(inds)})


def test_frames_come_in_the_order_asked_for(opened):
    results = read(OpenVideo(), "9", [5, 2, 2, 8])
    assert results["total_frames"] == 9
    assert [int(img[0, 0, 0]) for img in results["imgs"]] == [5, 2, 2, 8]
    assert results["img_shape"] == results["original_shape"] == (2, 2)
    assert results["modality"] == "RGB"
    assert "video" not in results


def test_a_repeated_frame_may_be_written_to(opened):
    transform = OpenVideo(cache_frames=9)
    imgs = read(transform, "9", [3, 3])["imgs"]
    imgs[0][:] = 200
    assert int(imgs[1][0, 0, 0]) == 3
    assert int(read(transform, "9", [3])["imgs"][0][0, 0, 0]) == 3


def test_without_cache_every_call_opens(opened):
    transform = OpenVideo()
    transform({"filename": "4"})
    transform({"filename": "4"})
    assert opened == ["4", "4"]


def test_cache_drops_the_longest_unused_file(opened):
    transform = OpenVideo(cache_frames=10)
    for path in ("4", "5", "4", "3", "4", "5"):
        read(transform, path, [0])
    assert opened == ["4", "5", "3", "5"]
    read(transform, "11", [10])
    read(transform, "11", [10])
    read(transform, "5", [0])
    assert opened == ["4", "5", "3", "5", "11", "11"]


def test_cached_frames_are_not_pickled(opened):
    transform = OpenVideo(cache_frames=10)
    read(transform, "4", [0])
    copy = pickle.loads(pickle.dumps(transform))
    copy({"filename": "4"})
    transform({"filename": "4"})
    assert opened == ["4", "4"]


def test_a_video_in_memory_is_used_as_it_is(opened):
    assert OpenVideo()({"video": ArrayVideo(numbered(6))})["total_frames"] == 6
    assert opened == []


def test_refused_cache():
    with pytest.raises(ConfigError, match="cache_frames=-1"):
        OpenVideo(cache_frames=-1)
