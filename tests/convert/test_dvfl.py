import pickle
import sys

import pytest
import torch

from mmxkd.apis.convert import convert_file
from mmxkd.checkpoints import load_state_dict, resolve_checkpoint
from mmxkd.convert.dvfl import convert_dvfl, convert_focalnet2d, to_official_key, to_our_key
from mmxkd.convert.reading import read_checkpoint
from mmxkd.errors import DataError
from mmxkd.registry import MODELS


@pytest.fixture(scope="module")
def model():
    backbone = dict(type="VideoFocalNet", img_size=32, embed_dim=4, depths=[1], focal_levels=[1], focal_windows=[3], num_frames=2)
    return MODELS.build(dict(type="VideoRecognizer", backbone=backbone, head=dict(type="LinearHead", num_classes=3, in_features=4)))


@pytest.fixture
def official(model):
    return {to_official_key(key): value for key, value in model.state_dict().items()}


class Config(dict):
    """Stands for the yacs node that published checkpoints pickle."""


def test_keys_go_both_ways(model):
    keys = list(model.state_dict())
    assert [to_our_key(to_official_key(key)) for key in keys] == keys
    assert to_official_key("head.fc.weight") == "head.weight"
    assert to_official_key("backbone.norm.bias") == "norm.bias"


def test_a_video_checkpoint_loads_strictly(model, official):
    conversion = convert_dvfl({"model": official, "epoch": 3, "optimizer": {}})
    model.load_state_dict(conversion.state_dict)
    assert sorted(conversion.dropped) == ["epoch", "optimizer"]


def test_an_image_checkpoint_loses_its_head(official):
    image = {key: value for key, value in official.items() if "temporal" not in key}
    conversion = convert_focalnet2d({"model": image})
    assert sorted(conversion.dropped) == ["head.bias", "head.weight"]
    assert "backbone.patch_embed.proj.weight" in conversion.state_dict


def test_the_wrong_converter_says_so(official):
    image = {key: value for key, value in official.items() if "temporal" not in key}
    with pytest.raises(DataError, match="converts as 'focalnet2d'"):
        convert_dvfl({"model": image})
    with pytest.raises(DataError, match="converts as 'dvfl'"):
        convert_focalnet2d({"model": official})
    with pytest.raises(DataError, match=r"not a FocalNet checkpoint.*weights"):
        convert_dvfl({"weights": 1})


def test_pickled_objects_need_the_flag_and_stay_inert(official, tmp_path, monkeypatch):
    class Bomb:
        def __reduce__(self):
            return (sys.exit, (7,))

    monkeypatch.setitem(globals(), "Bomb", Bomb)
    path = tmp_path / "published.pth"
    torch.save({"model": official, "config": Config(a=1), "bomb": Bomb()}, path)
    with pytest.raises(DataError, match="--allow-pickle"):
        read_checkpoint(path)
    checkpoint = read_checkpoint(path, allow_pickle=True)
    assert type(checkpoint["config"]).__name__ == "Inert"
    assert torch.equal(checkpoint["model"]["norm.weight"], official["norm.weight"])
    lines = list(convert_file("dvfl", path, tmp_path / "ours.pth", allow_pickle=True))
    assert any("dropped" in line and "config" in line for line in lines)
    assert set(load_state_dict(tmp_path / "ours.pth")) == {to_our_key(key) for key in official}


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", pickle.dumps([1, 2])])
def test_files_that_are_no_checkpoints(content, tmp_path):
    path = tmp_path / "bad.pth"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"bad\.pth"):
        convert_dvfl(read_checkpoint(path, allow_pickle=True))


def test_a_pattern_must_name_one_file(tmp_path):
    with pytest.raises(DataError, match="no such checkpoint file"):
        resolve_checkpoint(tmp_path / "best_*.pth")
    (tmp_path / "best_1.pth").touch()
    assert resolve_checkpoint(tmp_path / "best_*.pth").name == "best_1.pth"
    (tmp_path / "best_2.pth").touch()
    with pytest.raises(DataError, match=r"2 files match: best_1\.pth, best_2\.pth"):
        resolve_checkpoint(tmp_path / "best_*.pth")
