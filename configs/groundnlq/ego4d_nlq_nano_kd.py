# tools/dist_train.sh configs/groundnlq/ego4d_nlq_nano_kd.py 2
# The fine-tuned GroundNLQ teaches one of half its width; no figure is published.
_base_ = [
    "../_base_/models/groundnlq_base_to_nano.py",
    "../_base_/datasets/ego4d_nlq.py",
    "../_base_/schedules/groundnlq_scratch.py",
]
model = dict(
    teacher=dict(
        checkpoint="work_dirs/ego4d_nlq_finetune/best_r1_iou03_*.pth",
        hint="tools/train.py configs/groundnlq/ego4d_nlq_finetune.py",
    ),
)
