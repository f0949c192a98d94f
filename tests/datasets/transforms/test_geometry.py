"""mmaction2's geometry, as our pipelines use it, does what the published code did."""

import json
import random

import numpy as np
import pytest

from mmxkd.datasets.transforms import ArrayVideo, SeededCompose
from mmxkd.registry import TRANSFORMS

MEAN = np.array([123.675, 116.28, 103.53], dtype=np.float32)[:, None, None]
STD = np.array([58.395, 57.12, 57.375], dtype=np.float32)[:, None, None]


@pytest.fixture(scope="module")
def case(shared):
    folder = shared / "reference" / "dvfl"
    return json.loads((folder / "pipeline.json").read_text()), np.load(folder / "pipeline.npz")


def view_pipeline(case, crops, clips):
    sample = dict(type="SampleFrames", num_clips=case["num_frames"], test_mode=True, views=clips, random_views=clips > 1)
    if crops == 1:
        geometry = [
            dict(type="mmaction.Resize", scale=(-1, case["scale_resize"])),
            dict(type="mmaction.CenterCrop", crop_size=case["size"]),
        ]
    else:
        geometry = [dict(type="mmaction.Resize", scale=(-1, case["size"])), dict(type="mmaction.ThreeCrop", crop_size=case["size"])]
    return [dict(type="OpenVideo"), sample, dict(type="DecodeFrames"), *geometry]


@pytest.mark.parametrize(("name", "crops", "clips"), [("val_1x1", 1, 1), ("val_1x3", 3, 1), ("val_multi", 3, 2)])
@pytest.mark.parametrize("number", [0, 1])
def test_recorded_views(case, name, crops, clips, number):
    settings, recorded = case
    key = f"{name}_{number}"
    row = next(row for row in settings["rows"] if row["key"] == key)
    results = {"video": ArrayVideo(recorded[f"frames_{number}"])}
    if row["numpy_seed"] is not None:
        results["rng"] = np.random.RandomState(row["numpy_seed"])
    for config in view_pipeline(settings, crops, clips):
        results = TRANSFORMS.build(config)(results)
    assert np.array_equal(results["frame_inds"], recorded[f"{key}__frame_inds"])
    assert np.array_equal(results["crop_bbox"], recorded[f"{key}__crop_bbox"])
    packed = TRANSFORMS.build(dict(type="PackVideo", num_frames=settings["num_frames"]))(results)["inputs"]
    assert packed.shape[:3] == (crops * clips, 3, settings["num_frames"])
    frames = packed.numpy().swapaxes(1, 2).reshape(row["out"])
    np.testing.assert_allclose((frames - MEAN) / STD, recorded[f"{key}__imgs"], atol=0.02, rtol=0)


def test_recorded_geometry_at_224(case):
    for row in case[0]["geometry_224"]:
        clip = {"imgs": [np.zeros((*row["hw"], 3), dtype=np.uint8)], "img_shape": tuple(row["hw"])}
        small = TRANSFORMS.build(dict(type="mmaction.Resize", scale=(-1, 224)))(dict(clip))
        assert list(small["img_shape"]) == row["three_crop_resized_hw"]
        assert TRANSFORMS.build(dict(type="mmaction.ThreeCrop", crop_size=224))(small)["crop_bbox"].tolist() == row["three_crop_xyxy"]
        large = TRANSFORMS.build(dict(type="mmaction.Resize", scale=(-1, 256)))(dict(clip))
        assert list(large["img_shape"]) == row["center_resized_hw"]
        assert TRANSFORMS.build(dict(type="mmaction.CenterCrop", crop_size=224))(large)["crop_bbox"].tolist() == row["center_crop_xyxy"]


def test_recorded_random_crops(case):
    for row in case[0]["random_resized_crop"]:
        np_state, py_state = np.random.get_state(), random.getstate()
        np.random.seed(row["numpy_seed"])
        random.seed(row["python_seed"])
        crop = TRANSFORMS.build(dict(type="mmaction.RandomResizedCrop"))
        box = crop({"imgs": [np.zeros((*row["hw"], 3), dtype=np.uint8)], "img_shape": tuple(row["hw"])})["crop_bbox"]
        np.random.set_state(np_state)
        random.setstate(py_state)
        assert box.tolist() == row["xyxy"]


def test_one_crop_of_several_clips_keeps_the_centre_geometry():
    pipeline = SeededCompose(
        [
            dict(type="OpenVideo"),
            dict(type="SampleFrames", num_clips=2, test_mode=True, views=3),
            dict(type="DecodeFrames"),
            dict(type="mmaction.Resize", scale=(-1, 36)),
            dict(type="mmaction.CenterCrop", crop_size=32),
            dict(type="PackVideo", num_frames=2),
        ]
    )
    video = ArrayVideo(np.zeros((20, 48, 64, 3), dtype=np.uint8))
    assert pipeline({"video": video, "rng_key": (0, 0, 0)})["inputs"].shape == (3, 3, 2, 32, 32)
