import pytest
import torch

from mmxkd.apis.convert import convert_file
from mmxkd.convert.groundnlq import convert_groundnlq, to_official_layout
from mmxkd.errors import ConfigError, DataError
from mmxkd.registry import MODELS


def tiny(**backbone):
    config = dict(video_dim=6, text_dim=4, embed_dim=8, num_heads=2, arch=[1, 1, 1, 1, 1], max_seq_len=16, window=5, **backbone)
    return MODELS.build(dict(type="MomentLocalizer", backbone=config, regression_ranges=[[0, 4], [2, 8], [4, 99]], head_dim=8))


@pytest.mark.parametrize("backbone", [{}, {"drop_path_rate": 0.0}, {"relative_bias": True}])
def test_there_and_back(backbone):
    model = tiny(**backbone)
    official = to_official_layout(model.state_dict())
    assert official["backbone.vid_stem.0.ln3.weight"].shape == (1, 8, 1)
    assert official["reg_head.scale.2.scale"].shape == ()
    assert ("backbone.branch.1.drop_path_mlp.scale" in official) == (backbone != {"drop_path_rate": 0.0})
    assert all(value.shape == (1, 1, 2, 5) for key, value in official.items() if key.endswith("rel_pe"))
    conversion = convert_groundnlq({"epoch": 3, "state_dict": {f"module.{key}": value for key, value in official.items()}})
    other = tiny(**backbone)
    other.load_state_dict(conversion.state_dict)
    assert all(torch.equal(a, b) for a, b in zip(model.state_dict().values(), other.state_dict().values(), strict=True))
    assert conversion.dropped == {"epoch": "state of the published training run"}


def test_average_or_weights(tmp_path):
    state = to_official_layout(tiny().state_dict())
    checkpoint = {"state_dict": state, "state_dict_ema": {key: value + 1 for key, value in state.items()}}
    raw, averaged = (convert_groundnlq(checkpoint, ema=ema).state_dict for ema in (False, True))
    assert torch.equal(averaged["reg_head.scale"], raw["reg_head.scale"] + 1)
    torch.save(checkpoint, tmp_path / "in.pth.tar")
    lines = list(convert_file("groundnlq", tmp_path / "in.pth.tar", tmp_path / "out.pth", ema=True))
    assert "raw weights; leave --ema out to have them" in lines[1]
    with pytest.raises(ConfigError, match="--ema: checkpoints of 'dvfl'"):
        list(convert_file("dvfl", tmp_path / "in.pth.tar", tmp_path / "out.pth", ema=True))


def test_other_files_are_refused():
    with pytest.raises(DataError, match=r"'state_dict_ema' holding .* found \['state_dict'\]"):
        convert_groundnlq({"state_dict": to_official_layout(tiny().state_dict())}, ema=True)
    with pytest.raises(DataError, match="not a GroundNLQ checkpoint"):
        convert_groundnlq({"state_dict": {"head.weight": torch.zeros(1)}})
