# tools/train.py configs/anticipation/recipe1m_mlm_roberta.py
_base_ = [
    "../_base_/models/encoder_roberta.py",
    "../_base_/models/text_mlm.py",
    "../_base_/datasets/recipe1m_text.py",
    "../_base_/schedules/mlm_200k.py",
]
model = dict(encoder=_base_._encoder, data_preprocessor=_base_._mlm, init_cfg=dict(checkpoint=_base_._folder))
train_dataloader = dict(batch_size=15, dataset=dict(tokenizer=_base_._folder))
