import sys
from pathlib import Path

import pytest
import torch

from mmxkd.distill.signal import Signal
from mmxkd.distill.teachers.ensemble import TeacherEnsemble
from mmxkd.distill.teachers.online import OnlineTeacher
from mmxkd.errors import ConfigError, DataError

sys.path.insert(0, str(Path(__file__).parent))
from toys import FixedTeacher, StackPreprocessor, ToyModel, toy_batch


def fixed(value, **valid):
    return FixedTeacher({"logits": torch.full((6, 3), float(value))}, valid)


def test_signal_masks_are_prefixes():
    signal = Signal({"hidden": torch.zeros(2, 5, 4)}, {"hidden": torch.ones(2, 5, dtype=torch.bool)})
    assert signal.mask("hidden").shape == (2, 5)
    assert Signal({"logits": torch.zeros(2, 3)}).mask("logits").tolist() == [True, True]
    with pytest.raises(ValueError, match=r"valid\['hidden'\]"):
        Signal({"hidden": torch.zeros(2, 5, 4)}, {"hidden": torch.ones(2, 4, dtype=torch.bool)})


def test_online_teacher_needs_no_file_until_training_starts(tmp_path):
    teacher = OnlineTeacher(dict(type="ToyModel"), checkpoint=str(tmp_path / "none.pth"))
    assert "feat" in teacher.available()
    teacher.build()
    with pytest.raises(DataError, match=r"none\.pth"):
        teacher.prepare("cpu")


def test_online_teacher_loads_strictly(tmp_path):
    path = tmp_path / "teacher.pth"
    source = ToyModel(width=7)
    torch.save({"state_dict": {**source.state_dict(), "distill.x": torch.zeros(1)}, "meta": {}}, path)
    teacher = OnlineTeacher(dict(type="ToyModel", width=7), checkpoint=str(path))
    teacher.prepare("cpu")
    inputs, samples = toy_batch()
    torch.testing.assert_close(teacher(inputs, samples, {"logits"}).tensors["logits"], source.eval()(inputs))
    with pytest.raises(DataError, match="does not fit"):
        OnlineTeacher(dict(type="ToyModel", width=5), checkpoint=str(path)).prepare("cpu")


def test_teacher_sees_its_own_normalisation_size_and_frames():
    class Preprocessor(torch.nn.Module):
        def __init__(self, mean, std):
            super().__init__()
            self.mean, self.std = torch.tensor(mean).reshape(-1, 1, 1, 1), torch.tensor(std).reshape(-1, 1, 1, 1)

    class Echo(torch.nn.Module):
        data_preprocessor = Preprocessor([0.0, 1.0, 2.0], [1.0, 2.0, 4.0])

        def extract(self, inputs, data_samples, want):
            return {"seen": inputs}

    pixels = torch.arange(3 * 4 * 2 * 2.0).reshape(1, 1, 3, 4, 2, 2)
    student = Preprocessor([3.0, 3.0, 3.0], [2.0, 2.0, 2.0])
    teacher = OnlineTeacher(Echo(), num_frames=2, size=4)
    teacher.prepare("cpu", student)
    seen = teacher((pixels - 3) / 2, [], {"seen"}).tensors["seen"]
    assert seen.shape == (1, 1, 3, 2, 4, 4)
    expected = (pixels[0, 0, :, [1, 3]] - torch.tensor([0.0, 1.0, 2.0]).reshape(3, 1, 1, 1)) / torch.tensor([1.0, 2.0, 4.0]).reshape(
        3, 1, 1, 1
    )
    torch.testing.assert_close(seen[0, 0].mean((2, 3)), expected.mean((2, 3)))


def test_ensemble_reductions():
    inputs, samples = toy_batch()
    mean = TeacherEnsemble([fixed(1), fixed(4)])(inputs, samples, {"logits"}).tensors["logits"]
    assert (mean == 2.5).all()
    weighted = TeacherEnsemble([fixed(1), fixed(4)], reduce="weighted", weights=[3, 1])(inputs, samples, {"logits"})
    assert (weighted.tensors["logits"] == 1.75).all()
    one, other = FixedTeacher({"logits": torch.tensor([[0.0, 9.0]])}), FixedTeacher({"logits": torch.tensor([[9.0, 0.0]])})
    probability = TeacherEnsemble([one, other], probability=True)(inputs, samples, {"logits"}).tensors["logits"]
    torch.testing.assert_close(probability.exp(), torch.tensor([[0.5, 0.5]]))


def test_random_ensemble_asks_one_teacher_and_repeats_itself():
    inputs, samples = toy_batch()
    teachers = [fixed(0), fixed(1)]
    ensemble = TeacherEnsemble(teachers, reduce="random")
    seen = []
    for position in list(range(20)) * 2:
        samples[0].set_metainfo({"seed": 0, "epoch": 0, "position": position})
        seen.append(ensemble(inputs, samples, {"logits"}).tensors["logits"][0, 0].item())
    assert seen[:20] == seen[20:]
    assert set(seen) == {0.0, 1.0}
    assert teachers[0].calls + teachers[1].calls == 40


def test_ensemble_is_valid_where_all_are():
    inputs, samples = toy_batch()
    masks = [torch.tensor([True] * 3 + [False] * 3), torch.tensor([False] + [True] * 5)]
    signal = TeacherEnsemble([fixed(1, logits=mask) for mask in masks])(inputs, samples, {"logits"})
    assert signal.mask("logits").tolist() == [False, True, True, False, False, False]


def test_ensemble_takes_the_largest_or_keeps_its_teachers_apart():
    inputs, samples = toy_batch()
    teachers = [fixed(1), fixed(3, logits=torch.tensor([True] * 5 + [False])), fixed(2)]
    assert (TeacherEnsemble(teachers, "max")(inputs, samples, {"logits"}).tensors["logits"] == 3).all()
    signal = TeacherEnsemble(teachers, "stack")(inputs, samples, {"logits"})
    assert signal.tensors["logits"][0, :, 0].tolist() == [1, 3, 2]
    assert signal.mask("logits")[:, 1].tolist() == [True] * 5 + [False]
    assert signal.mask("logits")[:, [0, 2]].all()


def test_ensemble_of_different_widths_is_an_error():
    other = FixedTeacher({"logits": torch.zeros(6, 4)})
    with pytest.raises(ConfigError, match=r"'logits' comes in different shapes, \[\(6, 3\), \(6, 4\)\]"):
        TeacherEnsemble([fixed(1), other])(*toy_batch(), {"logits"})


@pytest.mark.parametrize(
    "options",
    [
        dict(reduce="median"),
        dict(reduce="max", probability=True),
        dict(reduce="weighted"),
        dict(reduce="weighted", weights=[1]),
        dict(weights=[1, 1]),
    ],
)
def test_ensemble_options_are_checked(options):
    with pytest.raises(ConfigError, match="teacher"):
        TeacherEnsemble([fixed(1), fixed(2)], **options)


class Samples(list):
    metainfo = {"label_map_hash": "aaaa"}


def test_gate_measures_and_stops():
    inputs, samples = toy_batch()
    data = Samples({"inputs": x, "data_samples": s} for x, s in zip(inputs, samples, strict=True))
    knowing = FixedTeacher({"logits": torch.eye(3).repeat(2, 1)})
    assert knowing.gate(data, StackPreprocessor()) == 1.0
    ignorant = FixedTeacher({"logits": torch.eye(3)[[1, 2, 0]].repeat(2, 1)})
    assert ignorant.gate(data, StackPreprocessor()) == 0.0
    ignorant.gate_settings = type(ignorant.gate_settings)(min_accuracy=0.5)
    with pytest.raises(ConfigError, match=r"0\.000.*min_accuracy=0\.5"):
        ignorant.gate(data, StackPreprocessor())
    both = TeacherEnsemble([knowing, FixedTeacher({"logits": torch.eye(3)[[1, 2, 0]].repeat(2, 1)})], "stack")
    assert both.gate(data, StackPreprocessor()) == 0.0
    knowing.label_map_hash = "bbbb"
    with pytest.raises(DataError, match="bbbb of the teacher, aaaa"):
        knowing.gate(data, StackPreprocessor())
