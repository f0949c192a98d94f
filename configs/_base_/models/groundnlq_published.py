# GroundNLQ as released: text padded to the longest question of the batch, answers half a feature window late, see docs/deviations.md.
_base_ = ["./groundnlq_base.py"]

model = dict(
    backbone=dict(window_order="published"),
    text_padding="longest",
    post_process=dict(half_window_shift=True, iou_threshold=0.1, multiclass=True, voting_thresh=0.9),
)
