# UCF50, fold 1 of five that leave five recording groups out: data/ucf50/videos/<Class>/*.avi
_base_ = ["./recognition.py"]

_videos = dict(type="UCF50Dataset", data_root="data/ucf50", protocol="logo5", fold=1)
train_dataloader = dict(dataset=dict(**_videos, subset="train"))
val_dataloader = dict(dataset=dict(**_videos, subset="test"))
test_dataloader = dict(dataset=dict(**_videos, subset="test"))
