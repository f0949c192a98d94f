# tools/train.py configs/anticipation/ek55_text_bert_small.py ; from random weights, history_gap=0
_base_ = [
    "../_base_/models/text_bert_small.py",
    "../_base_/datasets/ek55_text.py",
    "../_base_/schedules/text_scratch.py",
    "../_base_/default_runtime.py",
]
model = dict(num_classes=2513, num_verbs=125, num_nouns=352, multi_task=(0.7, 0.15, 0.15))
_words = dict(tokenizer=dict(kind="bert", path="data/epic55/tokenizers/words", vocab_size=3000))
train_dataloader = dict(batch_size=32, dataset=_words)
val_dataloader = dict(dataset=_words)
test_dataloader = dict(dataset=_words)
train_cfg = dict(max_epochs=5, val_interval=5)
