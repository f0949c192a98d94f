# tools/train.py configs/groundnlq/ego4d_nlq_finetune_trainval.py ; on train and val, for the test server
# Published on test (three models fused), R@1: 25.67 at IoU 0.3, 18.18 at IoU 0.5
_base_ = [
    "../_base_/models/groundnlq_published.py",
    "../_base_/datasets/ego4d_nlq_trainval.py",
    "../_base_/schedules/groundnlq_finetune.py",
]
load_from = "work_dirs/ego4d_narration_pretrain/epoch_6.pth"
val_cfg = None
default_hooks = dict(checkpoint=dict(save_best=None, rule=None))
