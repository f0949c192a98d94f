# UCF101, official split 1: data/ucf101/videos/<Class>/*.avi and data/ucf101/splits/{classInd,trainlist01,testlist01}.txt
_base_ = ["./recognition.py"]

_videos = dict(type="UCF101Dataset", data_root="data/ucf101", split=1)
train_dataloader = dict(dataset=dict(**_videos, subset="train"))
val_dataloader = dict(dataset=dict(**_videos, subset="test"))
test_dataloader = dict(dataset=dict(**_videos, subset="test"))
