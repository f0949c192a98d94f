"""Windows slide over whole videos and leave features behind."""

import json
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from torch import nn

from mmxkd.apis.compare_features import compare_stores, linear_cka
from mmxkd.apis.configs import check_config, load_config
from mmxkd.apis.features import PRESETS, FeaturePreset, WindowEncoder, build_encoder, extract_features, find_videos, make_preset
from mmxkd.datasets.features import build_feature_store, build_feature_writer, open_feature_store
from mmxkd.datasets.puppet.writer import write_video
from mmxkd.datasets.transforms.decode import ArrayVideo
from mmxkd.errors import ConfigError, DataError
from mmxkd.models.base import ExtractModel
from mmxkd.registry import MODELS

REPO = Path(__file__).parents[2]
PIPELINE = [dict(type="OpenVideo"), dict(type="mmaction.CenterCrop", crop_size=8), dict(type="PackVideo", num_frames=4)]


class Levels(ExtractModel):
    """Gives the grey level of every frame of the window, so that features say which frames were seen."""

    def __init__(self):
        super().__init__(dict(type="VideoDataPreprocessor", mean=[0.0] * 3, std=[1.0] * 3))
        self.scale = nn.Parameter(torch.ones(()))

    def available(self):
        return frozenset({"feat"})

    def extract(self, inputs, data_samples, want):
        assert inputs.shape[1:3] == (1, 3)
        assert inputs.shape[-2:] == (8, 8)
        return {"feat": inputs.mean((1, 2, 4, 5)) * self.scale}

    def loss_from(self, outputs, data_samples):
        raise NotImplementedError

    def predict_from(self, outputs, data_samples):
        raise NotImplementedError


def encoder(num_frames=4, batch_size=5, pipeline=PIPELINE):
    steps = [*pipeline[:-1], dict(type="PackVideo", num_frames=num_frames)]
    return WindowEncoder(Config(dict(test_dataloader=dict(dataset=dict(pipeline=steps)))), Levels(), batch_size)


def counting_video(frames=40, fps=10.0):
    """Frame i has the grey level i."""
    return ArrayVideo(np.broadcast_to(np.arange(frames, dtype=np.uint8)[:, None, None, None], (frames, 12, 12, 3)).copy(), fps)


def test_a_window_that_ends_at_its_time_sees_only_the_past():
    values, times = encoder().encode(counting_video(), FeaturePreset(2.0, 0.4, "end", "npy", 0.5))
    np.testing.assert_allclose(times, [0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0])
    np.testing.assert_array_equal(values[0], [1, 2, 3, 4])
    np.testing.assert_array_equal(values[-1], [36, 37, 38, 39])


def test_windows_before_the_beginning_and_behind_the_end_repeat_the_edge():
    values, _ = encoder().encode(counting_video(), FeaturePreset(10.0, 0.4, "end", "npy", 0.1))
    assert len(values) == 40
    np.testing.assert_array_equal(values[0], [0, 0, 0, 0])
    centred, _ = encoder().encode(counting_video(), FeaturePreset(2.0, 0.8, "centre", "npy"))
    np.testing.assert_array_equal(centred[0], [0, 0, 1, 3])
    ahead, times = encoder().encode(counting_video(), FeaturePreset(2.0, 0.4, "start", "npy"))
    np.testing.assert_array_equal(ahead[1], [5, 6, 7, 8])
    np.testing.assert_allclose(times[-1], 3.5)


def test_batches_do_not_matter():
    preset = FeaturePreset(3.0, 0.6, "centre", "npy")
    one, _ = encoder(batch_size=1).encode(counting_video(), preset)
    many, _ = encoder(batch_size=64).encode(counting_video(), preset)
    np.testing.assert_array_equal(one, many)


def test_presets_are_the_published_ones():
    rulstm, ego4d = PRESETS["rulstm"], PRESETS["ego4d"]
    times = rulstm.times(40.0)
    np.testing.assert_array_equal(rulstm.numbers(times), np.arange(1, 1201))
    assert rulstm.windows(times, 8).max(axis=1)[0] < 1 / 30
    assert len(ego4d.times(480.0)) == int(480 * 30 / 16.043)
    np.testing.assert_allclose(np.diff(ego4d.times(10.0)), 16.043 / 30)
    assert len(PRESETS["vidlankd-2d"].times(33.4)) == 33
    assert len(PRESETS["vidlankd-3d"].times(40.0)) == 60
    np.testing.assert_array_equal(PRESETS["vidlankd-2d"].windows(np.array([2.0]), 1), [[2.0]])
    sparse = make_preset("rulstm", rate=4.0)
    assert np.diff(sparse.numbers(sparse.times(40.0))).max() <= 9  # within the look-back of the readers
    assert len(PRESETS["ego4d"].times(0.1)) == 1


def test_what_is_no_preset_is_refused():
    with pytest.raises(ConfigError, match="--preset slowfast"):
        make_preset("slowfast")
    for changes in ({"rate": 0.0}, {"window": -1.0}, {"align": "left"}):
        with pytest.raises(ConfigError, match="accepted: a rate above 0"):
            make_preset("ego4d", **changes)


@pytest.fixture
def videos(tmp_path):
    folder = tmp_path / "videos"
    folder.mkdir()
    for number in range(3):
        frames = np.random.RandomState(number).randint(0, 255, (24, 32, 32, 3)).astype(np.uint8)
        write_video(folder / f"v{number}.mp4", frames, 12)
    return folder


@pytest.mark.parametrize("preset", ["rulstm", "ego4d", "vidlankd-2d"])
def test_a_folder_of_videos_becomes_a_store(videos, tmp_path, preset):
    report = extract_features(find_videos(videos), encoder(), PRESETS[preset], tmp_path / "store", {"config": "x"}, progress=False)
    store = open_feature_store(tmp_path / "store")
    assert store.names() == ["v0", "v1", "v2"]
    assert store.dim == 4
    length = {"rulstm": 60, "ego4d": 3, "vidlankd-2d": 2}[preset]
    assert [store.length(name) for name in store.names()] == [length] * 3
    assert (report.written, report.present, report.vectors) == (3, 0, 3 * length)
    again = extract_features(find_videos(videos), encoder(), PRESETS[preset], tmp_path / "store", {"config": "x"}, progress=False)
    assert (again.written, again.present) == (0, 3)


def test_an_interrupted_run_goes_on_and_other_settings_are_refused(videos, tmp_path):
    out = tmp_path / "store"
    files = find_videos(videos)
    extract_features({"v1": files["v1"]}, encoder(), PRESETS["ego4d"], out, {"config": "x"}, progress=False)
    report = extract_features(files, encoder(), PRESETS["ego4d"], out, {"config": "x"}, progress=False)
    assert (report.written, report.present) == (2, 1)
    with pytest.raises(DataError, match=r"features.json: the store was made with config 'x' \(now 'y'\)"):
        extract_features(files, encoder(), PRESETS["ego4d"], out, {"config": "y"}, progress=False)
    with pytest.raises(DataError, match=r"rate 1.8.* \(now 3.0\)"):
        extract_features(files, encoder(), make_preset("ego4d", rate=3.0), out, {"config": "x"}, progress=False)
    assert json.loads((out / "features.json").read_text())["window"] == pytest.approx(16.043 / 30)


def test_broken_videos_are_counted_and_limited(videos, tmp_path):
    (videos / "v1.mp4").write_bytes(b"no video")
    files = find_videos(videos)
    report = extract_features(files, encoder(), PRESETS["ego4d"], tmp_path / "some", {}, max_broken=0.5, progress=False)
    assert list(report.broken) == ["v1"]
    assert "1 could not be read: " in str(report)
    with pytest.raises(DataError, match=r"1 of 3 videos cannot be read.*v1.mp4"):
        extract_features(files, encoder(), PRESETS["ego4d"], tmp_path / "none", {}, progress=False)


def test_videos_of_one_name_and_empty_folders_are_refused(videos, tmp_path):
    (videos / "more").mkdir()
    (videos / "more" / "v0.mp4").write_bytes(b"")
    with pytest.raises(ConfigError, match="features are stored by file name"):
        find_videos(videos)
    with pytest.raises(ConfigError, match="no videos there"):
        find_videos(tmp_path / "absent")


def test_models_and_pipelines_that_give_no_features_are_refused():
    class Silent(Levels):
        def available(self):
            return frozenset({"logits"})

    config = Config(dict(test_dataloader=dict(dataset=dict(pipeline=PIPELINE))))
    with pytest.raises(ConfigError, match="features need the key 'feat'"):
        WindowEncoder(config, Silent())
    with pytest.raises(ConfigError, match="no PackVideo"):
        WindowEncoder(Config(dict(test_dataloader=dict(dataset=dict(pipeline=PIPELINE[:2])))), Levels())
    crops = [dict(type="mmaction.ThreeCrop", crop_size=8), PIPELINE[-1]]
    with pytest.raises(ConfigError, match="features need one crop of each"):
        encoder(pipeline=crops).encode(ArrayVideo(np.zeros((20, 8, 12, 3), np.uint8), 10.0), PRESETS["vidlankd-2d"])


def test_comparison_knows_equal_rotated_and_unrelated_features(tmp_path):
    rng = np.random.RandomState(0)
    values = rng.standard_normal((200, 6)).astype(np.float32)
    rotation = np.linalg.qr(rng.standard_normal((6, 6)))[0]
    kinds = {"same": values, "rotated": values @ rotation, "other": rng.standard_normal((200, 6)), "wide": np.tile(values, 2)}
    stores = {}
    for name, array in kinds.items():
        with build_feature_writer(tmp_path / name, "npy") as writer:
            writer.write("a", array)
        stores[name] = build_feature_store(dict(type="NpyFeatures", path=tmp_path / name))
    same = compare_stores(stores["same"], stores["same"])
    assert (same.names, same.rows) == (1, 200)
    assert (same.cka, same.correlation, same.cosine) == pytest.approx((1.0, 1.0, 1.0))
    rotated = compare_stores(stores["same"], stores["rotated"])
    assert rotated.cka == pytest.approx(1.0, abs=1e-5)
    assert rotated.correlation is not None
    assert rotated.correlation < 0.8
    assert compare_stores(stores["same"], stores["other"]).cka < 0.2
    wide = compare_stores(stores["same"], stores["wide"])
    assert (wide.correlation, wide.cosine) == (None, None)
    assert "correlation" not in str(wide)
    assert linear_cka(values, np.ones((200, 2))) == 0.0
    with build_feature_writer(tmp_path / "elsewhere", "npy") as writer:
        writer.write("b", values)
    with pytest.raises(DataError, match="0 names and 0 frames in common"):
        compare_stores(stores["same"], open_feature_store(tmp_path / "elsewhere"))


@pytest.mark.parametrize(("name", "width"), [("resnet152_2d", 2048), ("resnext101_3d", 2048)])
def test_configs_of_extractors_are_sound_and_as_wide_as_published(name, width, monkeypatch):
    monkeypatch.chdir(REPO)
    path = f"configs/features/{name}.py"
    assert path in (REPO / path).read_text().splitlines()[0]
    config = load_config(path)
    check_config(config)
    with torch.device("meta"):
        model = MODELS.build(config.model).eval()
        size = config.test_dataloader.dataset.pipeline[1].crop_size
        frames = config.test_dataloader.dataset.pipeline[-1].num_frames
        feat = model.extract(torch.empty(1, 1, 3, frames, size, size), None, {"feat"})["feat"]
    assert feat.flatten(1).shape == (1, width)


def test_hugging_face_images_give_features(videos, tmp_path, monkeypatch):
    monkeypatch.chdir(REPO)
    options = {"model.model.config": dict(num_labels=3, embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1])}
    built = build_encoder("configs/features/resnet152_2d.py", None, options=options)
    report = extract_features(find_videos(videos), built, PRESETS["vidlankd-2d"], tmp_path / "store", {}, progress=False)
    assert report.vectors == 6
    assert open_feature_store(tmp_path / "store").dim == 16


def test_the_command_line_extracts_and_compares(videos, tmp_path, monkeypatch, capsys):
    config = tmp_path / "small.py"
    config.write_text(
        "model = dict(type='VideoRecognizer', backbone=dict(type='ResNeXt3D', depths=[1], planes=[32], cardinality=8, stem_channels=8,"
        " input_shape=[3, 4, 32, 32]), head=dict(type='LinearHead', num_classes=2, in_features=64), data_preprocessor=dict("
        "type='VideoDataPreprocessor', mean=[114.0] * 3, std=[57.0] * 3))\n"
        "test_dataloader = dict(dataset=dict(type='VideoDataset', ann_file='x', pipeline=[dict(type='OpenVideo'), "
        "dict(type='PackVideo', num_frames=4)]))\n"
    )
    state = MODELS.build(load_config(config).model).state_dict()
    torch.save({"state_dict": state, "meta": {}}, tmp_path / "small.pth")

    def run(*arguments):
        model = ["--model", str(config), str(tmp_path / "small.pth")]
        monkeypatch.setattr(sys, "argv", ["extract_features.py", str(videos), *model, *map(str, arguments)])
        try:
            runpy.run_path(str(REPO / "tools/data/extract_features.py"), run_name="__main__")
        except SystemExit as end:
            return end.code, capsys.readouterr().err
        return 0, capsys.readouterr().out

    status, said = run("--preset", "ego4d", "--out", tmp_path / "first")
    assert status == 0, said
    assert "9 features of 3 videos written" in said
    status, said = run("--preset", "ego4d", "--out", tmp_path / "second", "--format", "npy", "--compare", tmp_path / "first")
    assert status == 0, said
    assert "9 vectors of 3 videos in both: CKA 1.0000, correlation per channel 1.0000" in said
    status, said = run("--preset", "ego4d", "--out", tmp_path / "first", "--window", "1")
    assert status == 2
    assert "the store was made with window" in said
    status, said = run("--preset", "vidlankd", "--out", tmp_path / "third")
    assert status == 2
    assert "--stream 2d or 3d goes with --preset vidlankd" in said
