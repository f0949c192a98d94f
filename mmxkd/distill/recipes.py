"""Distillers whose terms follow from a few published numbers."""

from collections.abc import Sequence

from mmxkd.distill.distiller import Distiller
from mmxkd.distill.teachers.base import Teacher
from mmxkd.errors import ConfigError
from mmxkd.models.base import ExtractModel
from mmxkd.registry import MODELS


@MODELS.register_module()
class LogitDistiller(Distiller):
    """Distil logits as DVFL-Net does: ``alpha * KL_T + (1 - alpha) * task``, optionally with feature terms.

    Args:
        student, teacher: as in ``Distiller``.
        alpha: share of the divergence, 0..1.
        temperature: T of the divergence.
        mode: ``forward_kl`` or ``published``, see ``kl_divergence``.
        stage_terms: configs of terms between stages, each weighted by ``beta``.
        modulator_terms: configs of terms between modulators, each weighted by ``gamma``.
        beta, gamma: weights of those terms. The released code accepts both numbers and never reads them, so giving one without
            its terms is an error.
        init_cfg: MMEngine initialisation.

    Source: hayatkhan8660-maker/DVFL-Net ``main_KD.py``; arXiv:2507.12426.
    """

    def __init__(
        self,
        student: dict | ExtractModel,
        teacher: dict | Teacher,
        alpha: float = 0.2,
        temperature: float = 10.0,
        mode: str = "forward_kl",
        stage_terms: Sequence[dict] = (),
        modulator_terms: Sequence[dict] = (),
        beta: float | None = None,
        gamma: float | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        if not 0 <= alpha <= 1:
            raise ConfigError(f"model.alpha={alpha}; accepted: 0..1")
        loss = dict(type="KLDivergence", temperature=temperature, mode=mode)
        terms = [dict(loss=loss, student="logits", teacher="logits", weight=alpha, name="kd")]
        terms += _weighted("beta", beta, "stage_terms", stage_terms) + _weighted("gamma", gamma, "modulator_terms", modulator_terms)
        super().__init__(student, teacher, terms, task_weight=1 - alpha, init_cfg=init_cfg)


def _weighted(name: str, weight: float | None, terms_name: str, terms: Sequence[dict]) -> list[dict]:
    """Give every term the weight; raises ``ConfigError`` when only one of the two is there."""
    if weight is not None and not terms:
        raise ConfigError(
            f"model.{name}={weight} weights nothing: the released code accepts {name} and never reads it. Leave it out, or give "
            f"model.{terms_name} (see configs/dvfl/ucf101_kd_features.py)"
        )
    if terms and weight is None:
        raise ConfigError(f"model.{terms_name} is given without model.{name}, its weight")
    return [{**term, "weight": weight} for term in terms]
