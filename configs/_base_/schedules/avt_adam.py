# Adam as AVT trains on features, with the same schedule.
_base_ = ["./avt_sgd.py"]

optim_wrapper = dict(optimizer=dict(_delete_=True, type="Adam", lr=5e-6, weight_decay=1e-4))
param_scheduler = dict(warmup_epochs=5)
auto_scale_lr = dict(base_batch_size=32)
train_cfg = dict(max_epochs=20)
