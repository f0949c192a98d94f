# tools/dist_train.sh configs/anticipation/egtea_avt_tsn.py 2
# Published top-1 / class-mean accuracy of AVT with TSN features: 39.8 / 28.3
_base_ = [
    "../_base_/models/avt_features.py",
    "../_base_/datasets/egtea_features.py",
    "../_base_/schedules/avt_sgd.py",
    "../_base_/default_runtime.py",
]
model = dict(
    future_predictor=dict(num_heads=4, num_layers=2),
    num_classes=dict(action=106),
    loss_weights=dict(past_cls_action=0.1),
)
train_dataloader = dict(batch_size=64)
train_cfg = dict(max_epochs=15)
