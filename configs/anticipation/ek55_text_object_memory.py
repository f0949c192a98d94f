# tools/train.py configs/anticipation/ek55_text_object_memory.py ; history_gap=0: top-1 22.0, top-5 44.5
_base_ = [
    "../_base_/models/text_object_memory.py",
    "../_base_/datasets/ek55_actions.py",
    "../_base_/schedules/text_scratch.py",
    "../_base_/default_runtime.py",
]
optim_wrapper = dict(paramwise_cfg=dict(no_decay=[]), optimizer=dict(lr=2e-3), clip_grad=dict(max_norm=1.0))
param_scheduler = dict(type="WarmupCosineLR", convert_to_iter_based=True, warmup_epochs=0.5, start_factor=0.04)
train_cfg = dict(max_epochs=5, val_interval=5)
