# Training on the labelled puppet clips only, gone through ten times an epoch: as many steps as with all 720 clips.
_base_ = ["./puppet.py"]

train_dataloader = dict(
    sampler=dict(passes=10),
    dataset=dict(
        _delete_=True,
        type="VideoDataset",
        data_root="data/puppet",
        video_dir="videos",
        ann_file="splits/labelled.txt",
        classes="splits/classInd.txt",
        pipeline=_base_._train_pipeline,
    ),
)
