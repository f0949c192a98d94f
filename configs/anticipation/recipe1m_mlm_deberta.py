# tools/train.py configs/anticipation/recipe1m_mlm_deberta.py ; our own: the release has no such job
_base_ = [
    "../_base_/models/encoder_deberta.py",
    "../_base_/models/text_mlm.py",
    "../_base_/datasets/recipe1m_text.py",
    "../_base_/schedules/mlm_200k.py",
]
model = dict(encoder=_base_._encoder, data_preprocessor=_base_._mlm, init_cfg=dict(checkpoint=_base_._folder))
train_dataloader = dict(dataset=dict(tokenizer=_base_._folder))
