# Training on the long puppet videos: rates for models of some 100,000 parameters, the last weights are tested.
_base_ = ["./groundnlq_scratch.py"]

optim_wrapper = dict(optimizer=dict(lr=1e-3))
param_scheduler = dict(warmup_epochs=1)
auto_scale_lr = dict(enable=False, base_batch_size=16)
train_cfg = dict(max_epochs=10, val_interval=10)
default_hooks = dict(weight_average=None, checkpoint=dict(max_keep_ckpts=2, save_best=None, rule=None))
