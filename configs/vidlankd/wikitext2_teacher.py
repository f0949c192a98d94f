# tools/train.py configs/vidlankd/wikitext2_teacher.py
# A teacher for the students in miniature: captions and features of the puppet videos (`make demo-vidlankd`), BERT's vocabulary.
_base_ = [
    "../_base_/models/vidlankd_bert_2l128h.py",
    "../_base_/datasets/puppet_captions.py",
    "../_base_/schedules/vidlankd_1e.py",
    "../_base_/default_runtime.py",
]
_texts = dict(dataset=dict(tokenizer="data/pretrained/bert_uncased_tokenizer"))
model = dict(
    type="VideoLanguageModel",
    video=dict(in_features=512, mid_features=256, dropout=0.1),
    margin=1.0,
    train_video="all",
    data_preprocessor=dict(type="VideoTextPreprocessor"),
)
train_dataloader = val_dataloader = test_dataloader = _texts
train_cfg = dict(max_epochs=20, val_interval=20)
