"""Cases of GroundNLQ; their kinds and contents are described in the fact sheet, section 11."""

from collections.abc import Callable

from mmxkd.parity.case import Case
from mmxkd.parity.groundnlq.ensemble import check_ensemble
from mmxkd.parity.groundnlq.evaluator import check_evaluator
from mmxkd.parity.groundnlq.labels import check_labels_decode
from mmxkd.parity.groundnlq.losses import check_losses
from mmxkd.parity.groundnlq.model import check_model
from mmxkd.parity.groundnlq.narration import check_narration
from mmxkd.parity.groundnlq.nms import check_nms
from mmxkd.parity.groundnlq.prep import check_prep
from mmxkd.parity.groundnlq.schedule import check_schedule_ema
from mmxkd.parity.groundnlq.shapes import check_shapes
from mmxkd.parity.groundnlq.train import check_train
from mmxkd.parity.report import Report

CHECKERS: dict[str, Callable[[Case, Report], None]] = {
    "prep": check_prep,
    "narration": check_narration,
    "evaluator": check_evaluator,
    "ensemble": check_ensemble,
    "labels_decode": check_labels_decode,
    "losses": check_losses,
    "model": check_model,
    "nms": check_nms,
    "schedule_ema": check_schedule_ema,
    "shapes": check_shapes,
    "train": check_train,
}
