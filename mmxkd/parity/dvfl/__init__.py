"""Cases of DVFL-Net; their kinds and contents are described in the fact sheet, section 9."""

from mmxkd.parity.dvfl.data import check_mixup, check_multiview, check_pipeline, check_sampling
from mmxkd.parity.dvfl.models import check_flag_sweep, check_inflation, check_model
from mmxkd.parity.dvfl.shapes import check_shapes
from mmxkd.parity.dvfl.training import check_kd_loss, check_kd_trajectory, check_lr_schedule

CHECKERS = {
    "flag_sweep": check_flag_sweep,
    "inflation": check_inflation,
    "kd_loss": check_kd_loss,
    "kd_trajectory": check_kd_trajectory,
    "lr_schedule": check_lr_schedule,
    "mixup": check_mixup,
    "model": check_model,
    "multiview": check_multiview,
    "pipeline": check_pipeline,
    "sampling": check_sampling,
    "shapes": check_shapes,
}
