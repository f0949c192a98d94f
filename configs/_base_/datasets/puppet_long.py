# Actions of the long puppet videos, written by tools/data/make_puppet.py data/puppet_long --kind long: windows of 1.33 s at 12 frames
# a second, of which every second frame is seen.
_base_ = ["./recognition.py"]

_segments = dict(
    type="SegmentVideoDataset",
    table=dict(type="RulstmTable", root="data/puppet_long/annotations"),
    data_root="data/puppet_long",
)
_train_pipeline = [
    dict(type="OpenVideo"),
    dict(type="CutSegment", window=1.33, margin=0.2),
    dict(type="SampleFrames", num_clips=8, frame_interval=1),
    dict(type="DecodeFrames"),
    dict(type="mmaction.RandomCrop", size=56),
    dict(type="mmaction.Flip", flip_ratio=0.5),
    dict(type="PackVideo", num_frames=8),
]
_test_pipeline = [
    dict(type="OpenVideo"),
    dict(type="CutSegment", window=1.33, test_mode=True),
    dict(type="SampleFrames", num_clips=8, frame_interval=1, test_mode=True),
    dict(type="DecodeFrames"),
    dict(type="mmaction.CenterCrop", crop_size=56),
    dict(type="PackVideo", num_frames=8),
]
_loader = dict(num_workers=1, persistent_workers=True, pin_memory=False)
train_dataloader = dict(
    batch_size=16,
    **_loader,
    sampler=dict(block_size=1),
    dataset=dict(**_segments, _delete_=True, split="training", pipeline=_train_pipeline),
)
val_dataloader = dict(
    batch_size=32,
    **_loader,
    dataset=dict(**_segments, _delete_=True, split="validation", pipeline=_test_pipeline, test_mode=True),
)
test_dataloader = dict(
    batch_size=32,
    **_loader,
    dataset=dict(**_segments, _delete_=True, split="validation", pipeline=_test_pipeline, test_mode=True),
)
