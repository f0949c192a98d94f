# The DVFL-Net authors' own lists: data/ucf101_authors/{train,val,labels}.csv and the folders train/ and val/ they name.
# Train and val share recordings; not comparable with the official splits.
_base_ = ["./recognition.py"]

_videos = dict(data_root="data/ucf101_authors", classes="labels.csv")
train_dataloader = dict(dataset=dict(**_videos, ann_file="train.csv"))
val_dataloader = dict(dataset=dict(**_videos, ann_file="val.csv"))
test_dataloader = dict(dataset=dict(**_videos, ann_file="val.csv"))
