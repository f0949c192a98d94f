# tools/dist_train.sh configs/vidlankd/wiki_student_base_mlm.py 4
# The student: masked language modelling alone, the baseline.
_base_ = [
    "../_base_/models/vidlankd_bert_base.py",
    "../_base_/datasets/wiki.py",
    "../_base_/schedules/vidlankd_40e.py",
    "../_base_/default_runtime.py",
]
default_hooks = dict(checkpoint=dict(max_keep_ckpts=-1))
# 220000 optimizer steps as released: about 2.5 passes at 4 x 64 blocks a step.
train_dataloader = dict(batch_size=64)
optim_wrapper = dict(accumulative_counts=1)
param_scheduler = dict(warmup_steps=5000, accumulation=1)
train_cfg = dict(max_epochs=3)
randomness = dict(seed=95)
