# Narrations of the long puppet videos as questions, with windows up to three times as wide, for pre-training.
_base_ = ["./puppet_questions.py"]

train_dataloader = dict(
    dataset=dict(ann_file="grounding/narrations.jsonl", jitter=dict(max_scale=3)),
)
