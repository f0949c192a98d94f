# ActivityNet 1.3 segments: data/activitynet/videos/ with train.txt, val.txt (`path label`) and classes.txt, see docs/data.md
_base_ = ["./recognition.py"]

_videos = dict(data_root="data/activitynet", video_dir="videos", classes="classes.txt")
train_dataloader = dict(dataset=dict(**_videos, ann_file="train.txt"))
val_dataloader = dict(dataset=dict(**_videos, ann_file="val.txt"))
test_dataloader = dict(dataset=dict(**_videos, ann_file="val.txt"))
