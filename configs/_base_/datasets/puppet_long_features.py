# What is seen of the annotated long puppet videos until tau_a before an action: 8 features of the last 10.7 s.
_base_ = ["./anticipation_features.py", "./puppet_long_annotated.py"]

_pipeline = [dict(type="SampleObservation", frames=8, rate=0.75), dict(type="ReadFeatures"), dict(type="PackObservation", num_frames=8)]
_seen = dict(
    table=_base_._table,
    features=dict(type="RULSTMFeatures", path="data/puppet_long/rulstm", dim=256, lookback=9),
    tau_a=_base_._tau_a,
    tau_o=10.7,
    pipeline=_pipeline,
)
_loader = dict(num_workers=0, persistent_workers=False, pin_memory=False)
train_dataloader = dict(**_loader, dataset=dict(**_seen, split="fit"))
val_dataloader = dict(batch_size=256, **_loader, dataset=_seen)
test_dataloader = val_dataloader
