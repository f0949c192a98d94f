"""Cases of VidLanKD; their kinds and contents are described in the fact sheet, section 13."""

from mmxkd.parity.vidlankd.glue import check_glue
from mmxkd.parity.vidlankd.losses import check_crd_memory_bank, check_losses, check_lr_schedule
from mmxkd.parity.vidlankd.masking import check_mlm_masking
from mmxkd.parity.vidlankd.shapes import check_shapes
from mmxkd.parity.vidlankd.student import check_student
from mmxkd.parity.vidlankd.teacher import check_teacher
from mmxkd.parity.vidlankd.text import check_text_blocks

CHECKERS = {
    "crd_memory_bank": check_crd_memory_bank,
    "glue": check_glue,
    "losses": check_losses,
    "lr_schedule": check_lr_schedule,
    "mlm_masking": check_mlm_masking,
    "shapes": check_shapes,
    "student": check_student,
    "teacher": check_teacher,
    "text_blocks": check_text_blocks,
}
