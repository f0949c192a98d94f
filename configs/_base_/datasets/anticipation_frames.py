# What is seen before an action, as pixels: 10 frames, 1 a second, at 224 x 224; three crops and their mirror images in testing.
# A data set's file says which table and which videos.
_train_pipeline = [
    dict(type="OpenVideo"),
    dict(type="SampleObservation", frames=10, rate=1.0),
    dict(type="DecodeFrames"),
    dict(type="mmaction.RandomRescale", scale_range=(248, 280)),
    dict(type="mmaction.Flip", flip_ratio=0.5),
    dict(type="mmaction.RandomCrop", size=224),
    dict(type="PackObservation", num_frames=10),
]
_test_pipeline = [
    dict(type="OpenVideo"),
    dict(type="SampleObservation", frames=10, rate=1.0),
    dict(type="DecodeFrames"),
    dict(type="mmaction.Resize", scale=(-1, 248)),
    dict(type="DiagonalCrops", crop_size=224),
    dict(type="PackObservation", num_frames=10),
]
_loader = dict(batch_size=3, num_workers=8, persistent_workers=True, pin_memory=True, collate_fn=dict(type="pseudo_collate"))
train_dataloader = dict(
    **_loader,
    sampler=dict(type="EpochSampler", shuffle=True),
    dataset=dict(type="AnticipationVideoDataset", split="training", pipeline=_train_pipeline),
)
val_dataloader = dict(
    **_loader,
    sampler=dict(type="EpochSampler", shuffle=False),
    dataset=dict(type="AnticipationVideoDataset", split="validation", pipeline=_test_pipeline, test_mode=True),
)
test_dataloader = val_dataloader
val_evaluator = dict(type="AnticipationMetric")
test_evaluator = val_evaluator
