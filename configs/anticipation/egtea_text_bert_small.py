# tools/train.py configs/anticipation/egtea_text_bert_small.py ; split 1, gappy, from random weights, history_gap=0
_base_ = [
    "../_base_/models/text_bert_small.py",
    "../_base_/datasets/egtea_text.py",
    "../_base_/schedules/text_scratch.py",
    "../_base_/default_runtime.py",
]
model = dict(num_classes=106, num_verbs=19, num_nouns=51, multi_task=(0.8, 0.1, 0.1))
_words = dict(tokenizer=dict(kind="bert", path="data/egtea/tokenizers/words", vocab_size=3000))
train_dataloader = dict(batch_size=32, dataset=_words)
val_dataloader = dict(dataset=_words)
test_dataloader = dict(dataset=_words)
train_cfg = dict(max_epochs=5, val_interval=5)
