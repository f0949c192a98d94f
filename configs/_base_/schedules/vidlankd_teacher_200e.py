# 200 epochs as the teachers train: no warm-up, linear to 0. The release goes on with the checkpoint of epoch 20.
_base_ = ["./vidlankd_40e.py"]

optim_wrapper = dict(optimizer=dict(lr=5e-5), accumulative_counts=1)
param_scheduler = dict(warmup_steps=0, accumulation=1)
train_cfg = dict(max_epochs=200)
