# tools/dist_train.sh configs/anticipation/ek55_avt_tsn_forar.py 2
# The variant AVT's published recall (AR5 13.5 over the list joined by OR) is from: longer view, past actions classified too
_base_ = [
    "../_base_/models/avt_features.py",
    "../_base_/datasets/ek55_features.py",
    "../_base_/schedules/avt_sgd.py",
    "../_base_/default_runtime.py",
]
model = dict(future_predictor=dict(num_heads=4, num_layers=6), dropout=0.2, loss_weights=dict(past_cls_action=1.0))
_pipeline = [dict(type="SampleObservation", frames=10, rate=1.0), dict(type="ReadFeatures"), dict(type="PackObservation", num_frames=10)]
_seen = dict(batch_size=64, dataset=dict(tau_o=10.0, past_labels="published", pipeline=_pipeline))
train_dataloader = _seen
val_dataloader = _seen
test_dataloader = _seen
