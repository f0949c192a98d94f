# 120 real clips of 2 s, `fight` or `no_fight`: a folder data/fight2 with clips/fight2/ and lists/fight2_{train,val,classes}.txt
_base_ = ["./recognition.py"]

_videos = dict(data_root="data/fight2", classes="lists/fight2_classes.txt")
_open = [dict(type="OpenVideo", cache_frames=4000)]
_train_pipeline = [
    *_open,
    dict(type="SampleFrames", num_clips=8, frame_interval=1),
    dict(type="DecodeFrames"),
    dict(type="mmaction.Resize", scale=(-1, 128)),
    dict(type="mmaction.RandomResizedCrop", area_range=(0.4, 1.0)),
    dict(type="mmaction.Resize", scale=(112, 112), keep_ratio=False),
    dict(type="mmaction.Flip", flip_ratio=0.5),
    dict(type="ColorJitter", consistent=True),
    dict(type="RandomGrayscale"),
    dict(type="PackVideo", num_frames=8),
]
_val_pipeline = [
    *_open,
    dict(type="SampleFrames", num_clips=8, frame_interval=1, test_mode=True),
    dict(type="DecodeFrames"),
    dict(type="mmaction.Resize", scale=(-1, 128)),
    dict(type="mmaction.CenterCrop", crop_size=112),
    dict(type="PackVideo", num_frames=8),
]
_test_pipeline = [
    *_open,
    dict(type="SampleFrames", num_clips=8, frame_interval=1, test_mode=True, views=4),
    dict(type="DecodeFrames"),
    dict(type="mmaction.Resize", scale=(-1, 112)),
    dict(type="mmaction.ThreeCrop", crop_size=112),
    dict(type="PackVideo", num_frames=8),
]
_loader = dict(num_workers=0, persistent_workers=False, pin_memory=False)
train_dataloader = dict(
    batch_size=10,
    **_loader,
    sampler=dict(block_size=1),
    dataset=dict(**_videos, ann_file="lists/fight2_train.txt", pipeline=_train_pipeline),
)
val_dataloader = dict(**_loader, dataset=dict(**_videos, ann_file="lists/fight2_val.txt", pipeline=_val_pipeline))
test_dataloader = dict(**_loader, dataset=dict(**_videos, ann_file="lists/fight2_val.txt", pipeline=_test_pipeline))
