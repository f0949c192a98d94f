# EGTEA Gaze+ split 1 from the videos: data/egtea/videos/<video>.mp4
_base_ = ["./anticipation_frames.py"]

_seen = dict(
    dataset=dict(
        table=dict(type="EgteaTable", root="data/egtea", fold=1),
        video_dir="data/egtea/videos",
        fps=24.0,
        tau_a=0.5,
        tau_o=10.0,
        past_labels="published",
    )
)
train_dataloader = _seen
val_dataloader = _seen
test_dataloader = _seen
