import pytest
import torch

from mmxkd.convert import CONVERTERS
from mmxkd.errors import ConfigError, DataError
from mmxkd.models.backbones.resnext3d import ResNeXt3D, max_pool
from mmxkd.registry import MODELS


def small(**options):
    return ResNeXt3D(**{"depths": [1, 1, 2, 1], "planes": [32, 32, 64, 64], "cardinality": 8, "stem_channels": 8, **options})


def test_maps_and_feature():
    model = small().eval()
    outputs = model(torch.randn(2, 3, 16, 64, 64), model.available())
    shapes = {key: tuple(value.shape[1:]) for key, value in outputs.items()}
    assert shapes == {
        "stage1": (64, 8, 16, 16),
        "stage2": (64, 4, 8, 8),
        "stage3": (128, 2, 4, 4),
        "stage4": (128, 1, 2, 2),
        "feat": (128,),
    }
    torch.testing.assert_close(outputs["feat"], outputs["stage4"].mean((2, 3, 4)))
    assert set(model(torch.randn(1, 3, 4, 32, 32))) == {"feat"}


def test_the_published_network_by_shape():
    with torch.device("meta"):
        model = ResNeXt3D()
    state = model.state_dict()
    assert model.num_features == 2048
    assert tuple(state["conv1.weight"].shape) == (64, 3, 7, 7, 7)
    assert tuple(state["layer1.0.conv2.weight"].shape) == (128, 4, 3, 3, 3)
    assert tuple(state["layer1.0.downsample.0.weight"].shape) == (256, 64, 1, 1, 1)
    assert tuple(state["layer3.22.conv3.weight"].shape) == (1024, 512, 1, 1, 1)
    assert tuple(state["layer4.2.bn3.running_mean"].shape) == (2048,)
    assert sum(1 for key in state if key.endswith("conv2.weight")) == 33
    assert model(torch.empty(1, 3, 16, 112, 112, device="meta"), ["stage4"])["stage4"].shape == (1, 2048, 1, 4, 4)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    assert parameters == 47_521_216  # 48.34 M with the 400 classes of Kinetics, as published


@pytest.mark.parametrize("prefix", ["", "module."])
def test_published_names_convert(prefix):
    recogniser = MODELS.build(
        dict(
            type="VideoRecognizer",
            backbone=dict(type="ResNeXt3D", depths=[1, 1], planes=[32, 32], cardinality=8, stem_channels=8),
            head=dict(type="LinearHead", num_classes=5, in_features=64),
        )
    )
    ours = recogniser.state_dict()
    published = {prefix + key.removeprefix("backbone.").removeprefix("head."): value for key, value in ours.items()}
    checkpoint = {"arch": "resnext-101", "epoch": 3, "state_dict": published} if prefix else published
    conversion = CONVERTERS["resnext3d"](checkpoint)
    assert set(conversion.dropped) == ({"arch", "epoch"} if prefix else set())
    recogniser.load_state_dict(conversion.state_dict)


def test_what_is_no_resnext_is_refused():
    for checkpoint in ({"conv1.weight": torch.zeros(8, 3, 7, 7)}, {"state_dict": {"layer1.0.conv3.weight": torch.zeros(1)}}, []):
        with pytest.raises(DataError, match="not a 3-D ResNeXt"):
            CONVERTERS["resnext3d"](checkpoint)
    with pytest.raises(ConfigError, match="multiples of 32"):
        ResNeXt3D(planes=(10, 20, 30, 40))
    with pytest.raises(ConfigError, match="as many"):
        ResNeXt3D(depths=(1, 1))


@pytest.mark.parametrize("size", [(8, 28, 28), (5, 7, 9), (1, 2, 1)])
def test_pooling_by_axis_is_pooling_of_the_whole(size):
    x = torch.randn(2, 3, *size)
    with torch.no_grad():
        by_axis = max_pool(x)
    torch.testing.assert_close(by_axis, torch.nn.functional.max_pool3d(x, 3, 2, 1), rtol=0, atol=0)
    torch.testing.assert_close(by_axis, max_pool(x), rtol=0, atol=0)
