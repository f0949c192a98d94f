"""Cases of text-derived anticipation; their kinds and contents are described in the fact sheet, section 12."""

from collections.abc import Callable

from mmxkd.parity.anticipation.data import check_clip_sampling, check_teacher_text
from mmxkd.parity.anticipation.losses import check_kd_losses
from mmxkd.parity.anticipation.metrics import check_metrics
from mmxkd.parity.anticipation.schedule import check_lr_schedule
from mmxkd.parity.anticipation.shapes import check_shapes
from mmxkd.parity.anticipation.student import check_avth
from mmxkd.parity.anticipation.student_runs import check_student_kd_traj
from mmxkd.parity.anticipation.text_teacher import check_teacher
from mmxkd.parity.case import Case
from mmxkd.parity.report import Report

CHECKERS: dict[str, Callable[[Case, Report], None]] = {
    "avth": check_avth,
    "clip_sampling": check_clip_sampling,
    "kd_losses": check_kd_losses,
    "lr_schedule": check_lr_schedule,
    "metrics": check_metrics,
    "shapes": check_shapes,
    "student_kd_traj": check_student_kd_traj,
    "teacher": check_teacher,
    "teacher_text": check_teacher_text,
}
