# tools/dist_train.sh configs/anticipation/ek55_avt_tsn.py 4
# Published top-1 / top-5 of AVT with TSN features: 13.1 / 28.1
_base_ = [
    "../_base_/models/avt_features.py",
    "../_base_/datasets/ek55_features.py",
    "../_base_/schedules/avt_adam.py",
    "../_base_/default_runtime.py",
]
model = dict(loss_weights=dict(feat=2.0))
