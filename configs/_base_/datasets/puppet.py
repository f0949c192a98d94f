# Puppet clips of 24 frames at 64 x 64, written by tools/data/make_puppet.py data/puppet in the layout of UCF101.
# Decoded frames stay in memory (about 210 MB for 720 clips), so the loader needs no workers.
_base_ = ["./recognition.py"]

_videos = dict(type="UCF101Dataset", data_root="data/puppet")
_open = [dict(type="OpenVideo", cache_frames=40000)]
_train_pipeline = [
    *_open,
    dict(type="SampleFrames", num_clips=8, frame_interval=1),
    dict(type="DecodeFrames"),
    dict(type="mmaction.RandomCrop", size=56),
    dict(type="mmaction.Flip", flip_ratio=0.5),
    dict(type="ColorJitter", prob=1.0, brightness=0.15, contrast=0.15, saturation=0.1, hue=0.0, consistent=True),
    dict(type="PackVideo", num_frames=8),
]
_test_pipeline = [
    *_open,
    dict(type="SampleFrames", num_clips=8, frame_interval=1, test_mode=True),
    dict(type="DecodeFrames"),
    dict(type="mmaction.CenterCrop", crop_size=56),
    dict(type="PackVideo", num_frames=8),
]
_loader = dict(num_workers=0, persistent_workers=False, pin_memory=False)
train_dataloader = dict(
    batch_size=16,
    **_loader,
    sampler=dict(block_size=1),
    dataset=dict(**_videos, subset="train", pipeline=_train_pipeline),
)
val_dataloader = dict(batch_size=32, **_loader, dataset=dict(**_videos, subset="test", pipeline=_test_pipeline))
test_dataloader = dict(batch_size=32, **_loader, dataset=dict(**_videos, subset="test", pipeline=_test_pipeline))
