# tools/dist_train.sh configs/anticipation/breakfast_avt.py 32
# The recipe of 50Salads; none of its own is published. Folds 2 to 4: --cfg-options train_dataloader.dataset.table.fold=2 and so on
_base_ = [
    "../_base_/models/avt_vit.py",
    "../_base_/datasets/breakfast.py",
    "../_base_/schedules/avt_adam.py",
    "../_base_/default_runtime.py",
]
model = dict(
    backbone=dict(pretrained="data/pretrained/vit-base-patch16-224-in21k"),
    future_predictor=dict(num_heads=8, num_layers=8),
    num_classes=dict(action=48),
    loss_weights=dict(past_cls_action=1.0),
)
optim_wrapper = dict(optimizer=dict(lr=5e-7))
param_scheduler = dict(warmup_epochs=20)
auto_scale_lr = dict(base_batch_size=2)
train_cfg = dict(max_epochs=200)
