# tools/train.py configs/anticipation/ek55_text_bert_small_gap.py ; history_gap=1: only what had ended 1 s before, as a student sees it
_base_ = ["./ek55_text_bert_small.py"]
_past = dict(history_rule="ended", history_gap=1.0)
train_dataloader = dict(dataset=_past)
val_dataloader = dict(dataset=_past)
test_dataloader = dict(dataset=_past)
