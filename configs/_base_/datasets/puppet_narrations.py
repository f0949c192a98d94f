# Narrations of the long puppet videos as questions, for pre-training; actions follow each other, so their windows are not widened.
_base_ = ["./puppet_questions.py"]

train_dataloader = dict(dataset=dict(ann_file="grounding/narrations.jsonl"))
