# tools/dist_train.sh configs/vidlankd/wiki103_student_small_mlm.py 4
# The student: masked language modelling alone, the baseline.
_base_ = [
    "../_base_/models/vidlankd_bert_small.py",
    "../_base_/datasets/wiki103.py",
    "../_base_/schedules/vidlankd_40e.py",
    "../_base_/default_runtime.py",
]
default_hooks = dict(checkpoint=dict(max_keep_ckpts=-1))
randomness = dict(seed=95)
