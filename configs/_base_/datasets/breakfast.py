# Breakfast, fold 1 of 4: label files of every frame, data/breakfast/videos/<name of the label file>.avi in one folder.
_base_ = ["./salads50.py"]

_seen = dict(
    dataset=dict(
        table=dict(_delete_=True, type="BreakfastTable", root="data/breakfast", fold=1), video_dir="data/breakfast/videos", fps=15.0
    )
)
train_dataloader = _seen
val_dataloader = _seen
test_dataloader = _seen
