# 24 epochs of AdamW with warm-up and cosine; validation at the end only.
_base_ = ["./adamw_120e.py"]

optim_wrapper = dict(optimizer=dict(lr=2e-3, weight_decay=0.05))
param_scheduler = dict(warmup_epochs=4, start_factor=0.04, min_factor=0.0, delay=0)
auto_scale_lr = dict(enable=False, base_batch_size=16)
train_cfg = dict(max_epochs=24, val_interval=24)
