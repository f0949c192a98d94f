# EGTEA Gaze+ split 1, RULSTM's table and features (TSN, RGB); the splits cut through videos.
_base_ = ["./anticipation_features.py"]

_pipeline = [dict(type="SampleObservation", frames=10, rate=1.0), dict(type="ReadFeatures"), dict(type="PackObservation", num_frames=10)]
_seen = dict(
    dataset=dict(
        table=dict(type="EgteaTable", root="data/egtea", fold=1),
        features=dict(type="RULSTMFeatures", path="data/egtea/features/rgb", dim=1024, lookback=9, absent="zeros"),
        tau_a=0.5,
        tau_o=10.0,
        past_labels="published",
        pipeline=_pipeline,
    )
)
train_dataloader = _seen
val_dataloader = _seen
test_dataloader = _seen
