# Pre-training on narrations: 6 epochs after 4 of warm-up, four pairs a process.
_base_ = ["./groundnlq_scratch.py"]

param_scheduler = dict(warmup_epochs=4)
auto_scale_lr = dict(base_batch_size=4)
train_cfg = dict(max_epochs=10)
