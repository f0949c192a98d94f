# tools/train.py configs/groundnlq/ego4d_nlq_finetune.py --cfg-options load_from=work_dirs/ego4d_narration_pretrain/epoch_6.pth
# Published on val, R@1 / R@5: 26.98 / 53.56 at IoU 0.3, 18.83 / 40.00 at IoU 0.5; trains on train only. On two processes: 5e-5.
_base_ = [
    "../_base_/models/groundnlq_published.py",
    "../_base_/datasets/ego4d_nlq.py",
    "../_base_/schedules/groundnlq_finetune.py",
]
load_from = "work_dirs/ego4d_narration_pretrain/epoch_6.pth"
