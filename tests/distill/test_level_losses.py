import pytest
import torch
import torch.nn.functional as F

from mmxkd.distill.distiller import Distiller
from mmxkd.distill.losses.boundary_levels import BoundaryLevels, boundary_levels
from mmxkd.distill.losses.score_levels import ScoreLevels, score_levels
from mmxkd.distill.signal import Signal
from mmxkd.distill.teachers.online import OnlineTeacher
from mmxkd.distill.terms import Term
from mmxkd.errors import ConfigError
from mmxkd.models.point_losses import diou_loss
from mmxkd.registry import MODELS
from mmxkd.structures import DataSample

YES = torch.ones(2, dtype=torch.bool)


def test_scores_are_a_divergence_of_yes_and_no():
    student, teacher = torch.randn(2, 7, 1), torch.randn(2, 7, 1)
    pairs = [torch.cat([F.logsigmoid(x), F.logsigmoid(-x)], -1) for x in (student / 2, teacher / 2)]
    expected = F.kl_div(*pairs, reduction="none", log_target=True).sum(-1) * 4
    assert torch.isclose(score_levels(student, teacher, YES, temperature=2.0, reduction="mean"), expected.mean())
    mass = (teacher / 2).sigmoid().sum()
    assert torch.isclose(score_levels(student, teacher, YES, temperature=2.0), expected.sum() / mass)
    assert score_levels(teacher, teacher, YES) == pytest.approx(0, abs=1e-6)


def test_agreeing_points_are_turned_down():
    student, teacher = torch.tensor([[[2.0], [-1.0]]]), torch.tensor([[[2.5], [3.0]]])
    plain = [score_levels(student[:, n : n + 1], teacher[:, n : n + 1], YES[:1], reduction="mean") for n in range(2)]
    focal = [score_levels(student[:, n : n + 1], teacher[:, n : n + 1], YES[:1], gamma=2.0, reduction="mean") for n in range(2)]
    factors = (student.sigmoid() - teacher.sigmoid()).square().flatten()
    assert torch.allclose(torch.stack(focal), torch.stack(plain) * factors)


@pytest.mark.parametrize("poison", [torch.nan, torch.inf])
def test_what_is_padded_or_unknown_does_not_count(poison):
    student, teacher = torch.randn(2, 5, 1, requires_grad=True), torch.randn(2, 5, 1)
    mask = torch.tensor([[True, True, True, False, False], [True] * 5])
    bad = teacher.clone()
    bad[0, 3:] = poison
    bad[1] = poison
    known = torch.tensor([True, False])
    loss = score_levels(student, bad, known, mask)
    assert torch.isclose(loss, score_levels(student[:1, :3], teacher[:1, :3], YES[:1]))
    loss.backward()
    assert torch.isfinite(student.grad).all()
    assert not student.grad[1].any()
    distances = torch.rand(2, 5, 2, requires_grad=True)
    wrong = torch.full((2, 5, 2), poison)
    wrong[0, :3] = 1.0
    loss = boundary_levels(distances, wrong, known, torch.nan_to_num(bad, 9.0, 9.0), mask)
    loss.backward()
    assert torch.isfinite(distances.grad).all()
    assert not distances.grad[0, 3:].any()


def test_boundaries_count_by_belief():
    student, teacher = torch.rand(1, 3, 2) + 0.1, torch.rand(1, 3, 2) + 0.1
    scores = torch.tensor([[[4.0], [0.0], [-4.0]]])
    weights = scores.sigmoid()[0, :2, 0]
    expected = (diou_loss(student, teacher)[0, :2] * weights).sum() / weights.sum()
    assert torch.isclose(boundary_levels(student, teacher, YES[:1], scores), expected)
    assert boundary_levels(student, teacher, YES[:1], scores - 9) == 0
    l1 = boundary_levels(student, teacher, YES[:1], scores, distance="l1")
    assert torch.isclose(l1, ((student - teacher).abs().mean(-1)[0, :2] * weights).sum() / weights.sum())


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        (ScoreLevels, dict(temperature=0.0)),
        (ScoreLevels, dict(reduction="sum")),
        (BoundaryLevels, dict(threshold=1.0)),
        (BoundaryLevels, dict(distance="giou")),
    ],
)
def test_settings_that_cannot_be(kind, settings):
    with pytest.raises(ConfigError, match=kind.__name__):
        kind(**settings)


def test_level_inputs_of_a_term():
    term = Term(
        dict(type="BoundaryLevels"), "reg/*", "reg/*", inputs=dict(scores="teacher.cls/*", mask="student.mask/*"), name="boundaries"
    )
    keys = {f"{kind}/{level}" for kind in ("cls", "reg", "mask") for level in range(3)}
    term.bind({key for key in keys if not key.endswith("2")}, keys)
    assert term.needs("student") == {"reg/0", "reg/1", "mask/0", "mask/1"}
    assert term.needs("teacher") == {"reg/0", "reg/1", "cls/0", "cls/1"}
    said = {f"{kind}/{level}": torch.rand(2, 4, 2 if kind == "reg" else 1) for kind in ("cls", "reg") for level in range(2)}
    outputs = {f"reg/{level}": torch.rand(2, 4, 2) for level in range(2)}
    outputs.update({f"mask/{level}": torch.ones(2, 4, dtype=torch.bool) for level in range(2)})
    expected = sum(boundary_levels(outputs[f"reg/{n}"], said[f"reg/{n}"], YES, said[f"cls/{n}"]) for n in range(2))
    assert torch.isclose(term(outputs, Signal(said)), expected)
    with pytest.raises(ConfigError, match=r"student='reg/0' has none"):
        Term(dict(type="BoundaryLevels"), "reg/0", "reg/0", inputs=dict(scores="teacher.cls/*"))


def localizer(width, levels):
    backbone = dict(video_dim=6, text_dim=4, embed_dim=width, num_heads=2, arch=[1, 1, 1, 0, levels - 1], max_seq_len=32, window=5)
    ranges = [[2**level - 1, 2 ** (level + 3)] for level in range(levels)]
    preprocessor = dict(type="GroundingDataPreprocessor", video_dim=6, text_dim=4, max_seq_len=32)
    return dict(type="MomentLocalizer", backbone=backbone, regression_ranges=ranges, head_dim=width, data_preprocessor=preprocessor)


def test_student_of_half_the_width_and_fewer_levels_learns():
    torch.manual_seed(0)
    teacher = MODELS.build(localizer(16, 4)).eval()
    torch.nn.init.zeros_(teacher.cls_head.out.bias)  # a teacher that believes in something
    terms = [
        dict(loss=dict(type="ScoreLevels"), student="cls/*", teacher="cls/*", inputs=dict(mask="student.mask/*")),
        dict(
            loss=dict(type="BoundaryLevels"), student="reg/*", teacher="reg/*", inputs=dict(scores="teacher.cls/*", mask="student.mask/*")
        ),
    ]
    model = Distiller(localizer(8, 3), OnlineTeacher(teacher), terms).train()
    model.prepare_teacher("cpu")
    samples = []
    for number in range(2):
        sample = DataSample(metainfo={"uid": str(number)})
        sample.gt_segments, sample.gt_labels = torch.tensor([[2.0, 7.0]], dtype=torch.float64), torch.tensor([0])
        samples.append(sample)
    items = [{"video": torch.randn(6, length), "text": torch.randn(4, 3)} for length in (21, 12)]
    batch = model.data_preprocessor({"inputs": items, "data_samples": samples})
    optimizer = torch.optim.Adam(model.parameters(), 3e-3)
    history = []
    for _ in range(12):
        losses = model(batch["inputs"], batch["data_samples"], "loss")
        optimizer.zero_grad()
        sum(value for key, value in losses.items() if key.startswith("loss")).backward()
        optimizer.step()
        history.append({key: value.item() for key, value in losses.items()})
    assert history[-1]["raw_scorelevels"] < 0.9 * history[0]["raw_scorelevels"]
    assert history[-1]["raw_boundarylevels"] < history[0]["raw_boundarylevels"]
    assert set(model.state_dict()) == set(MODELS.build(localizer(8, 3)).state_dict())
