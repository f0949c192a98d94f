# tools/train.py configs/puppet/dvfl_kd.py ; the same clips, steps, schedule and augmentation as dvfl_student.py, with the teacher
_base_ = [
    "../_base_/models/video_focalnet_mini_kd.py",
    "../_base_/datasets/puppet_labelled.py",
    "../_base_/schedules/adamw_24e.py",
    "../_base_/default_runtime.py",
]
