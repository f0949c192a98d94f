# tools/train.py configs/puppet/anticipation_teacher_recipes.py ; what is done after what, from 3,000 recipes that nobody films
_base_ = [
    "../_base_/models/text_object_memory.py",
    "../_base_/datasets/puppet_long_actions.py",
    "../_base_/schedules/text_scratch.py",
    "../_base_/default_runtime.py",
]
model = dict(
    num_classes=33,
    num_verbs=8,
    num_nouns=6,
    width=64,
    hidden=128,
    dropout=0.2,
    label_smoothing=0.0,
    data_preprocessor=dict(pad_id=33, vocab_size=33),
)
train_dataloader = dict(batch_size=128, dataset=dict(records="data/puppet_long/recipes/records.jsonl"))
optim_wrapper = dict(paramwise_cfg=dict(no_decay=[]), optimizer=dict(lr=3e-3), clip_grad=dict(max_norm=1.0))
param_scheduler = dict(type="WarmupCosineLR", convert_to_iter_based=True, warmup_epochs=0.5, start_factor=0.04)
train_cfg = dict(max_epochs=3, val_interval=3)
