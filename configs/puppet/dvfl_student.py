# tools/train.py configs/puppet/dvfl_student.py ; the student alone, on the 72 labelled clips, each seen ten times an epoch
_base_ = [
    "../_base_/models/puppet_student.py",
    "../_base_/datasets/puppet_labelled.py",
    "../_base_/schedules/puppet_24e.py",
    "../_base_/default_runtime.py",
]
