# HMDB51, official split 1: data/hmdb51/videos/<class>/*.avi and data/hmdb51/splits/<class>_test_split1.txt
_base_ = ["./recognition.py"]

_videos = dict(type="HMDB51Dataset", data_root="data/hmdb51", split=1)
train_dataloader = dict(dataset=dict(**_videos, subset="train"))
val_dataloader = dict(dataset=dict(**_videos, subset="test"))
test_dataloader = dict(dataset=dict(**_videos, subset="test"))
