# tools/train.py configs/anticipation/ek55_text_roberta.py ; published 18.48 / 36.47 (top-1 / top-5, history_gap=0)
_base_ = [
    "../_base_/models/encoder_roberta.py",
    "../_base_/models/text_ek55.py",
    "../_base_/datasets/ek55_text.py",
    "../_base_/schedules/text_finetune.py",
    "../_base_/default_runtime.py",
]
model = dict(
    encoder=_base_._encoder,
    data_preprocessor=_base_._padding,
    init_cfg=dict(checkpoint="work_dirs/recipe1m_mlm_roberta/iter_200000.pth"),
)
_tokens = dict(tokenizer=_base_._folder)
# The release goes through the records in the file's order, every epoch alike.
train_dataloader = dict(sampler=dict(shuffle=False), dataset=_tokens)
val_dataloader = dict(dataset=_tokens)
test_dataloader = dict(dataset=_tokens)
