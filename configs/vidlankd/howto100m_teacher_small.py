# tools/dist_train.sh configs/vidlankd/howto100m_teacher_small.py 4
# The paper's teacher: text and video learn together. About 2.5 days on 4 GPUs as published.
_base_ = [
    "../_base_/models/vidlankd_teacher_small.py",
    "../_base_/datasets/howto100m.py",
    "../_base_/schedules/vidlankd_teacher_200e.py",
    "../_base_/default_runtime.py",
]
default_hooks = dict(checkpoint=dict(max_keep_ckpts=-1))
randomness = dict(seed=95)
