# tools/train.py configs/groundnlq/ego4d_nlq_star_finetune_trainval.py
# GroundNLQ* on train and val, for the test server and the ensemble.
_base_ = [
    "../_base_/models/groundnlq_star.py",
    "../_base_/datasets/ego4d_nlq_trainval.py",
    "../_base_/schedules/groundnlq_finetune.py",
]
load_from = "work_dirs/ego4d_narration_star_pretrain/epoch_6.pth"
val_cfg = None
default_hooks = dict(checkpoint=dict(save_best=None, rule=None))
