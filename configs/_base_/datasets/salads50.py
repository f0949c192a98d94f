# 50Salads, fold 1 of 5: label files of every frame, data/50salads/videos/<video>.avi; 10 frames, one in two seconds.
# time_type="float16" of the table repeats the published rounding of times.
_base_ = ["./anticipation_frames.py"]

_train_pipeline = [
    dict(type="OpenVideo"),
    dict(type="SampleObservation", frames=10, rate=0.5),
    dict(type="DecodeFrames"),
    dict(type="mmaction.RandomRescale", scale_range=(248, 280)),
    dict(type="mmaction.Flip", flip_ratio=0.5),
    dict(type="mmaction.RandomCrop", size=224),
    dict(type="PackObservation", num_frames=10),
]
_test_pipeline = [
    dict(type="OpenVideo"),
    dict(type="SampleObservation", frames=10, rate=0.5),
    dict(type="DecodeFrames"),
    dict(type="mmaction.Resize", scale=(-1, 248)),
    dict(type="DiagonalCrops", crop_size=224),
    dict(type="PackObservation", num_frames=10),
]
_seen = dict(
    table=dict(type="FiftySaladsTable", root="data/50salads", fold=1),
    video_dir="data/50salads/videos",
    suffix=".avi",
    tau_a=1.0,
    tau_o=20.0,
    past_labels="published",
)
train_dataloader = dict(batch_size=2, dataset=dict(**_seen, pipeline=_train_pipeline))
val_dataloader = dict(batch_size=2, dataset=dict(**_seen, pipeline=_test_pipeline))
test_dataloader = val_dataloader
