import pickle

import numpy as np
import pytest

from mmxkd.datasets.readers import READERS, BrokenVideoError, count_frames, has_mpeg4_b_frames, open_video
from mmxkd.errors import ConfigError, DataError


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("films")


@pytest.fixture(scope="module")
def plain(folder, films):
    return str(films.write(folder / "plain.mp4", frames=40, b_frames=2))


@pytest.fixture(scope="module")
def xvid(folder, films):
    return str(films.write(folder / "xvid.avi", frames=60, codec="mpeg4", b_frames=2))


@pytest.mark.parametrize("reader", READERS)
def test_frames_come_in_the_order_asked_for_with_repeats(reader, plain, films):
    video = open_video(plain, reader)
    frames = video.get_batch(np.array([17, 3, 39, 3, 0]))
    assert len(video) == 40
    assert video.fps == 25.0
    assert frames.shape == (5, 64, 96, 3)
    assert frames.dtype == np.uint8
    assert [films.number(frame) for frame in frames] == [17, 3, 39, 3, 0]
    # A second request must not depend on where the first one left the decoder.
    assert [films.number(frame) for frame in video.get_batch(np.array([5, 38, 4]))] == [5, 38, 4]


@pytest.mark.parametrize("reader", READERS)
def test_channels_are_rgb(reader, folder):
    av = pytest.importorskip("av")
    path = folder / f"red_{reader}.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        red = np.zeros((64, 64, 3), np.uint8)
        red[..., 0] = 200
        container.mux(stream.encode(av.VideoFrame.from_ndarray(red, format="rgb24")))
        container.mux(stream.encode())
    pixel = open_video(str(path), reader).get_batch(np.array([0]))[0, 32, 32]
    assert pixel[0] > 180
    assert pixel[1:].max() < 30


def test_only_different_frames_are_decoded(plain, monkeypatch):
    video = open_video(plain)
    asked = []
    decode = video._decode
    monkeypatch.setattr(video, "_decode", lambda indices: asked.append(indices.tolist()) or decode(indices))
    assert len(video.get_batch(np.array([7, 2, 7, 7]))) == 4
    assert asked == [[2, 7]]


def count_right(path, reader, films, seed=0):
    wanted = np.random.RandomState(seed).permutation(60)[:30]
    frames = open_video(str(path), reader).get_batch(wanted)
    return sum(films.number(frame) == number for frame, number in zip(frames, wanted, strict=True))


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("codec", ["mpeg4", "libx264"])
@pytest.mark.parametrize("b_frames", [0, 2])
def test_every_reader_is_exact_in_avi_files(reader, codec, b_frames, films, folder):
    path = folder / f"{codec}_{b_frames}.avi"
    if not path.exists():
        films.write(path, frames=60, codec=codec, b_frames=b_frames, gop=30)
    assert [count_right(path, reader, films, seed) for seed in range(3)] == [30, 30, 30]


def test_decord_misreads_mpeg4_b_frames_elsewhere_and_the_others_do_not(films, folder):
    path = films.write(folder / "xvid.mkv", frames=60, codec="mpeg4", b_frames=2)
    assert count_right(path, "opencv", films) == 30
    assert count_right(path, "pyav", films) == 30
    assert count_right(path, "decord", films) < 30, "decord has learnt to read it: drop the warning of the linter"


def test_mpeg4_b_frames_are_told_from_their_absence(xvid, plain, folder, films):
    assert has_mpeg4_b_frames(xvid)
    assert not has_mpeg4_b_frames(plain), "H.264 with B-frames is harmless"
    assert not has_mpeg4_b_frames(str(films.write(folder / "no_b.avi", codec="mpeg4")))
    with pytest.raises(BrokenVideoError, match="nothing_there"):
        has_mpeg4_b_frames(str(folder / "nothing_there.avi"))


def test_mpeg4_b_frames_in_a_real_file(shared):
    clips = shared / "data/video/clips/misc"
    assert has_mpeg4_b_frames(str(clips / "mmaction2_test.avi"))


def test_mkv_has_no_frame_count_but_gets_one(shared):
    path = str(shared / "data/video/clips/asl20/again.mkv")
    assert count_frames(path) == (77, 30.0)
    assert {len(open_video(path, reader)) for reader in READERS} == {77}


@pytest.mark.parametrize("reader", READERS)
def test_what_is_no_video_is_broken(reader, folder, films):
    text = folder / "text.mp4"
    text.write_text("not a video")
    empty = folder / "empty.mp4"
    empty.write_bytes(b"")
    cut = films.write(folder / "cut.mp4")
    cut.write_bytes(cut.read_bytes()[:-2000])
    for path in (text, empty, cut, films.write_audio(folder / "sound.mp4"), folder / "absent.mp4"):
        with pytest.raises(BrokenVideoError) as caught:
            open_video(str(path), reader)
        assert caught.value.path == str(path)
        assert "\n" not in str(caught.value)


def test_pyav_reader_finds_damage_in_the_middle(folder, films):
    path = str(films.damage(films.write(folder / "damaged.mp4", frames=60, b_frames=2)))
    with pytest.raises(BrokenVideoError, match=r"damaged\.mp4"):
        open_video(path, "pyav").get_batch(np.array([0, 59]))


@pytest.mark.parametrize("indices", [[], [40], [-1], [[1, 2]]])
def test_frames_outside_the_video_are_a_programming_error(plain, indices):
    with pytest.raises(ValueError, match="frame numbers"):
        open_video(plain).get_batch(np.array(indices, dtype=np.int64))


def test_unknown_reader(plain):
    with pytest.raises(ConfigError, match="reader='avi' is unknown; accepted: decord, pyav, opencv"):
        open_video(plain, "avi")


def test_error_survives_the_way_out_of_a_worker():
    error = pickle.loads(pickle.dumps(BrokenVideoError("a.mp4", "cut short")))
    assert (error.path, error.reason, str(error)) == ("a.mp4", "cut short", "a.mp4: cut short")
    assert isinstance(error, DataError)
