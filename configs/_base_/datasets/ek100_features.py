# EPIC-KITCHENS-100 (seconds), RULSTM's 3,806 actions and its features of every frame (TSN, RGB).
_base_ = ["./anticipation_features.py"]

_seen = dict(
    dataset=dict(
        table=dict(type="Epic100Table", root="data/epic100", actions="actions.csv"),
        features=dict(type="RULSTMFeatures", path="data/epic100/features/rgb", dim=1024, lookback=9, absent="zeros"),
        tau_a=1.0,
        tau_o=5.0,
        past_labels=None,
    )
)
train_dataloader = _seen
val_dataloader = _seen
test_dataloader = _seen
