# tools/train.py configs/groundnlq/ego4d_nlq_scratch_5e-5.py ; from scratch at 5e-5, however many processes
_base_ = ["./ego4d_nlq_scratch.py"]

auto_scale_lr = dict(enable=False)
