# HowTo100M: captions and frozen features in data/howto100m/ (docs/vidlankd.md). The first sentences of a video, as released.
_videos = dict(
    type="HowTo100M",
    features_2d=dict(type="NpyFeatures", path="data/howto100m/features_2d"),
    features_3d=dict(type="NpyFeatures", path="data/howto100m/features_3d"),
    tokenizer="data/pretrained/bert_uncased_tokenizer",
    max_tokens=126,
    max_frames=384,
)
_loader = dict(num_workers=8, persistent_workers=True, pin_memory=True, collate_fn=dict(type="pseudo_collate"))
train_dataloader = dict(
    batch_size=32,
    **_loader,
    sampler=dict(type="EpochSampler", shuffle=True),
    dataset=dict(**_videos, captions="data/howto100m/captions_train.json", keys="data/howto100m/keys_train.json"),
)
val_dataloader = dict(
    batch_size=32,
    **_loader,
    sampler=dict(type="EpochSampler", shuffle=False),
    dataset=dict(**_videos, captions="data/howto100m/captions_valid.json", keys="data/howto100m/keys_valid.json"),
)
test_dataloader = val_dataloader
val_evaluator = dict(type="LanguageMetric")
test_evaluator = val_evaluator
