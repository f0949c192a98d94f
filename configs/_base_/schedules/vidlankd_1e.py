# One pass at the high rate that small models trained from nothing need.
_base_ = ["./vidlankd_40e.py"]

optim_wrapper = dict(optimizer=dict(lr=2e-3), accumulative_counts=1)
param_scheduler = dict(warmup_steps=30, accumulation=1)
train_cfg = dict(max_epochs=1)
