"""Kind ``kd_losses``."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmxkd.distill.connectors import TeacherAttention
from mmxkd.distill.losses.class_subset_kl import class_subset_kl
from mmxkd.distill.losses.cosine import cosine_distance
from mmxkd.distill.losses.kl_divergence import divergences
from mmxkd.distill.losses.normalized_mse import normalized_mse
from mmxkd.distill.losses.teacher_attention import AttendedTeachers
from mmxkd.distill.teachers.ensemble import TeacherEnsemble
from mmxkd.parity.anticipation.student_build import Said
from mmxkd.parity.case import Case
from mmxkd.parity.report import Report
from mmxkd.registry import MODELS

_MODES = {"full": "full", "topk": "top_k", "top_mid_bottom": "top_mid_bottom"}
_SUFFIX = "_without_fallback_row"
# The released code's active variant, which is recorded once more beside the variants of the json.
_RELEASED_TEMPERATURE = 10.0


def check_kd_losses(case: Case, report: Report) -> None:
    """Divergences over all or some classes with their gradients, feature distances, and ensembles of teachers."""
    hparams = case.meta["hparams"]
    student, teacher = (torch.from_numpy(case.array(f"in/{side}_logits")) for side in ("student", "teacher"))
    sizes = [hparams[key] for key in ("B", "C", "F", "n_teachers")]
    pred, feat = (torch.from_numpy(case.array(key)) for key in ("in/ens_pred", "in/ens_feat"))
    report.check("sizes", "exact", sizes, [*student.shape, feat.shape[2], feat.shape[1]])
    report.compare("orig_default_T10", "all", case.array("orig_default_T10"), divergences(student, teacher, _RELEASED_TEMPERATURE))
    for variant in hparams["variants"]:
        _check_variant(case, report, variant, student, teacher)
    _check_features(case, report)
    _check_ensembles(case, report, student, pred, feat)


def _check_variant(case: Case, report: Report, variant: dict[str, Any], student: Tensor, teacher: Tensor) -> None:
    name, mode = variant["name"], _MODES[variant["variant"]]
    settings = dict(temperature=variant["T"], mode=mode, reduction="mean", **({"k": variant["k"]} if "k" in variant else {}))
    classes = {"full": student.shape[1], "top_k": variant.get("k"), "top_mid_bottom": 3 * variant.get("k", 0)}[mode]
    report.check(f"{name}/shape", "exact", case.array(f"{name}/shape").tolist(), [len(student), classes])
    loss = MODELS.build(dict(type="ClassSubsetKL", **settings))
    # In the fallback row all classes tie, so which of them are picked is anyone's choice.
    is_tied = mode != "full"
    for suffix, rows in (("", len(student)), (_SUFFIX, len(student) - 1)):
        logits = student[:rows].clone().requires_grad_()
        value = loss(logits, teacher[:rows], torch.ones(rows, dtype=torch.bool))
        [ours] = torch.autograd.grad(value, logits)
        mean, grad = case.array(f"{name}/mean{suffix}"), case.array(f"{name}/grad_of_mean{suffix}")
        if not (is_tied and rows == len(student)):
            report.compare(f"{name}/mean{suffix}", "all", mean, value)
            report.compare(f"{name}/grad_of_mean{suffix}", "all", grad, ours)
        else:
            # Rows without ties do not depend on the choice.
            report.compare(f"{name}/grad_of_mean[:-1]", "all", grad[:-1], ours[:-1])
    one = torch.ones(1, dtype=torch.bool)
    sums = [class_subset_kl(s[None], t[None], one, **{**settings, "reduction": "batchmean"}) for s, t in zip(student, teacher, strict=True)]
    recorded = case.array(f"{name}/sum_per_sample")
    kept = len(student) - is_tied
    report.compare(f"{name}/sum_per_sample", "all", recorded[:kept], torch.stack(sums)[:kept])
    if is_tied:
        # Only what holds for any choice of classes: the mean over all rows is made of the recorded sums.
        mean = np.float64(recorded.sum()) / (len(student) * classes)
        report.compare(f"{name}/mean", "all", case.array(f"{name}/mean"), mean)
    if case.has(f"{name}/elementwise"):
        report.compare(f"{name}/elementwise", "all", case.array(f"{name}/elementwise"), divergences(student, teacher, variant["T"]))


def _check_features(case: Case, report: Report) -> None:
    student, teacher = (torch.from_numpy(case.array(f"in/{side}_feat")) for side in ("student", "teacher"))
    every, one = torch.ones(len(student), dtype=torch.bool), torch.ones(1, dtype=torch.bool)
    rows = [cosine_distance(s[None], t[None], one) for s, t in zip(student, teacher, strict=True)]
    report.compare("cosine/per_sample", "all", case.array("cosine/per_sample"), torch.stack(rows))
    report.compare("cosine/mean", "all", case.array("cosine/mean"), cosine_distance(student, teacher, every))
    report.compare("normed_mse", "all", case.array("normed_mse"), normalized_mse(student, teacher, every))


def _check_ensembles(case: Case, report: Report, student: Tensor, pred: Tensor, feat: Tensor) -> None:
    query = torch.from_numpy(case.array("in/student_feat"))
    attention = load_attention(case.checkpoint()["multi_teacher_attention"], case.meta["hparams"]["att_heads"])
    every = torch.ones(pred.shape[:2], dtype=torch.bool)
    kl = dict(type="ClassSubsetKL", temperature=_RELEASED_TEMPERATURE, reduction="mean")
    with torch.no_grad():
        shares = attention(query, feat, every)
        value = AttendedTeachers(attention, kl)(student, pred, every, query, feat)
    report.compare("ens_att/weights", "all", case.array("ens_att/weights"), shares[:, None])
    report.compare("ens_att/teacher_logits", "all", case.array("ens_att/teacher_logits"), (shares[..., None] * pred).sum(1))
    report.compare("ens_att/kld_T10_mean", "all", case.array("ens_att/kld_T10_mean"), value)
    for reduce in ("mean", "max"):
        ensemble = TeacherEnsemble([Said(logits) for logits in pred.unbind(1)], reduce=reduce)
        said = ensemble(None, [], {"logits"}).tensors["logits"]
        report.compare(f"ens_{reduce}/teacher_logits", "all", case.array(f"ens_{reduce}/teacher_logits"), said)
        if case.has(f"ens_{reduce}/kld_T10_mean"):
            value = MODELS.build(kl)(student, said, torch.ones(len(student), dtype=torch.bool))
            report.compare(f"ens_{reduce}/kld_T10_mean", "all", case.array(f"ens_{reduce}/kld_T10_mean"), value)


def load_attention(state: dict[str, Tensor], num_heads: int) -> TeacherAttention:
    """Build ours from the weights of a ``torch.nn.MultiheadAttention``, of which the shares use the first two projections."""
    width = state["out_proj.weight"].shape[0]
    if "in_proj_weight" in state:
        query, key = state["in_proj_weight"][: 2 * width].chunk(2)
    else:
        query, key = state["q_proj_weight"], state["k_proj_weight"]
    attention = TeacherAttention(width, key.shape[1], num_heads)
    bias = state["in_proj_bias"]
    attention.load_state_dict({"query.weight": query, "key.weight": key, "query.bias": bias[:width], "key.bias": bias[width : 2 * width]})
    return attention
