# tools/train.py configs/puppet/dvfl_kd_unlabelled.py ; the teacher also speaks about the 648 clips that have no label
_base_ = [
    "../_base_/models/video_focalnet_mini_kd.py",
    "../_base_/datasets/puppet.py",
    "../_base_/schedules/adamw_24e.py",
    "../_base_/default_runtime.py",
]
train_dataloader = dict(dataset=dict(labelled="splits/labelled.txt"))
