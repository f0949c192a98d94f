# tools/dist_train.sh configs/anticipation/ek100_avt.py 4
# The recipe of ek55_avt_tsn.py on EPIC-KITCHENS-100
_base_ = [
    "../_base_/models/avt_features.py",
    "../_base_/datasets/ek100_features.py",
    "../_base_/schedules/avt_adam.py",
    "../_base_/default_runtime.py",
]
model = dict(num_classes=dict(action=3806), loss_weights=dict(feat=2.0))
