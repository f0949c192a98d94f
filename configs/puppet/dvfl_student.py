# tools/train.py configs/puppet/dvfl_student.py ; the student alone, on the 72 labelled clips, each seen ten times an epoch
_base_ = [
    "../_base_/models/video_focalnet_mini.py",
    "../_base_/datasets/puppet_labelled.py",
    "../_base_/schedules/adamw_24e.py",
    "../_base_/default_runtime.py",
]
