# The DVFL-Net authors' own lists: data/hmdb51_authors/{train,val,labels}.csv and the folders train/ and val/ they name.
# Train and val share recordings; not comparable with the official splits.
# Their label numbers (2..52) match no label map: labels are taken from the folders.
_base_ = ["./recognition.py"]

_videos = dict(data_root="data/hmdb51_authors", classes="labels.csv", labels_from="folder")
train_dataloader = dict(dataset=dict(**_videos, ann_file="train.csv"))
val_dataloader = dict(dataset=dict(**_videos, ann_file="val.csv"))
test_dataloader = dict(dataset=dict(**_videos, ann_file="val.csv"))
