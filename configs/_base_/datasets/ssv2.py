# Something-Something V2: data/ssv2/videos/ with train.txt, val.txt (`path label`) and classes.txt, see docs/data.md
_base_ = ["./recognition.py"]

# Left and right mean something here: no flip.
_train_pipeline = [
    dict(type="OpenVideo"),
    dict(type="SampleFrames", num_clips=8, frame_interval=4),
    dict(type="DecodeFrames"),
    dict(type="mmaction.Resize", scale=(-1, 256)),
    dict(type="mmaction.RandomResizedCrop"),
    dict(type="mmaction.Resize", scale=(224, 224), keep_ratio=False),
    dict(type="ColorJitter"),
    dict(type="RandomGrayscale"),
    dict(type="PackVideo", num_frames=8),
]
_videos = dict(data_root="data/ssv2", video_dir="videos", classes="classes.txt")
train_dataloader = dict(dataset=dict(**_videos, ann_file="train.txt", pipeline=_train_pipeline))
val_dataloader = dict(dataset=dict(**_videos, ann_file="val.txt"))
test_dataloader = dict(dataset=dict(**_videos, ann_file="val.txt"))
