# tools/dist_train.sh configs/anticipation/ek55_avt.py 2
# Published top-1 / top-5 of AVT-b: 12.5 / 30.1 (AVT itself on 32 processes)
_base_ = [
    "../_base_/models/avt_vit.py",
    "../_base_/datasets/ek55_frames.py",
    "../_base_/schedules/avt_sgd.py",
    "../_base_/default_runtime.py",
]
model = dict(loss_weights=dict(past_cls_action=1.0))
optim_wrapper = dict(optimizer=dict(lr=1e-4, weight_decay=1e-4))
param_scheduler = dict(warmup_epochs=5, min_factor=5e-5)
auto_scale_lr = dict(base_batch_size=3)
train_cfg = dict(max_epochs=35)
