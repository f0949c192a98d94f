# tools/train.py configs/groundnlq/ego4d_nlq_star_finetune.py
# GroundNLQ* after narrations, on train only.
_base_ = [
    "../_base_/models/groundnlq_star.py",
    "../_base_/datasets/ego4d_nlq.py",
    "../_base_/schedules/groundnlq_finetune.py",
]
load_from = "work_dirs/ego4d_narration_star_pretrain/epoch_6.pth"
