# Fine-tuning of what --cfg-options load_from=... names: new heads, 6 epochs after 4 of warm-up at half the rate.
_base_ = ["./groundnlq_scratch.py"]

optim_wrapper = dict(optimizer=dict(lr=2.5e-5))
param_scheduler = dict(warmup_epochs=4)
train_cfg = dict(max_epochs=10)

_new = ["head", "loss_norm"]
default_hooks = dict(reset_on_load=dict(type="ResetOnLoadHook", keys=_new), strict_load=dict(type="StrictLoadHook", ignore=_new))
