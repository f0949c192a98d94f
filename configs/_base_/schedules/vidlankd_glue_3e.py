# 3 epochs of fine-tuning as released: a tenth of the steps warms up, linear to 0, no weight decay; the last model counts.
_base_ = ["./vidlankd_40e.py"]

optim_wrapper = dict(optimizer=dict(lr=1e-4, weight_decay=0.0), accumulative_counts=1)
param_scheduler = dict(_delete_=True, type="LinearWarmupLR", convert_to_iter_based=True, warmup_steps=0, warmup_ratio=0.1)
train_cfg = dict(max_epochs=3, val_interval=3)
