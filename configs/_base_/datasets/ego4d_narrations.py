# Narrations as questions, with widened windows, for pre-training; validation on the questions of Ego4D NLQ.
_base_ = ["./ego4d_nlq.py"]

train_dataloader = dict(
    batch_size=4,
    dataset=dict(
        ann_file="lists/narrations.jsonl",
        text_features=dict(path="features/clip_text_narrations"),
        # As published: factors up to 10, and windows may leave the clip.
        jitter=dict(max_scale=10, clip=False),
    ),
)
