# tools/train.py configs/anticipation/egtea_text_distilbert.py ; split 1, gappy, history_gap=0
_base_ = [
    "../_base_/models/encoder_distilbert.py",
    "../_base_/models/text_egtea.py",
    "../_base_/datasets/egtea_text.py",
    "../_base_/schedules/text_finetune.py",
    "../_base_/default_runtime.py",
]
model = dict(
    encoder=_base_._encoder,
    data_preprocessor=_base_._padding,
    init_cfg=dict(checkpoint="work_dirs/recipe1m_mlm_distilbert/iter_200000.pth"),
)
_tokens = dict(tokenizer=_base_._folder)
train_dataloader = dict(dataset=_tokens)
val_dataloader = dict(dataset=_tokens)
test_dataloader = dict(dataset=_tokens)
train_cfg = dict(max_epochs=5)
