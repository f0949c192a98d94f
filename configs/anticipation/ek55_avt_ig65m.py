# tools/dist_train.sh configs/anticipation/ek55_avt_ig65m.py 4
# Published top-1 / top-5 of AVT with irCSN-152 features: 14.4 / 31.7; the student that is distilled in ek55_avt_kd.py
_base_ = [
    "../_base_/models/avt_features.py",
    "../_base_/datasets/ek55_features.py",
    "../_base_/schedules/avt_adam.py",
    "../_base_/default_runtime.py",
]
model = dict(backbone=dict(in_channels=2048), backbone_dim=2048, loss_weights=dict(feat=2.0))
_features = dict(dataset=dict(features=dict(path="data/epic55/features/ig65m", dim=2048)))
train_dataloader = _features
val_dataloader = _features
test_dataloader = _features
param_scheduler = dict(warmup_epochs=0)
