# tools/dist_train.sh configs/anticipation/egtea_avt.py 32
# Published top-1 / class-mean accuracy of AVT-b: 43.0 / 35.2
_base_ = [
    "../_base_/models/avt_vit.py",
    "../_base_/datasets/egtea_frames.py",
    "../_base_/schedules/avt_sgd.py",
    "../_base_/default_runtime.py",
]
model = dict(
    future_predictor=dict(num_heads=4, num_layers=2),
    num_classes=dict(action=106),
    dropout=0.2,
    loss_weights=dict(past_cls_action=0.1),
)
optim_wrapper = dict(optimizer=dict(lr=5e-4))
param_scheduler = dict(warmup_epochs=5)
auto_scale_lr = dict(base_batch_size=3)
train_cfg = dict(max_epochs=10)
