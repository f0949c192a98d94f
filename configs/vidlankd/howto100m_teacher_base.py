# tools/dist_train.sh configs/vidlankd/howto100m_teacher_base.py 4
# The paper's teacher: text and video learn together. About 7 days on 4 GPUs as published.
_base_ = [
    "../_base_/models/vidlankd_teacher_base.py",
    "../_base_/datasets/howto100m.py",
    "../_base_/schedules/vidlankd_teacher_200e.py",
    "../_base_/default_runtime.py",
]
default_hooks = dict(checkpoint=dict(max_keep_ckpts=-1))
train_dataloader = dict(batch_size=8)
optim_wrapper = dict(accumulative_counts=2)
param_scheduler = dict(accumulation=2)
randomness = dict(seed=95)
