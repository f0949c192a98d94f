# Ego4D natural language queries v2: whole clips as pre-extracted features, one question each (docs/groundnlq.md says how to prepare them).
_data = dict(
    type="GroundingDataset",
    data_root="data/ego4d",
    video_features=dict(type="NpzLMDBFeatures", path="features/internvideo", dim=2304),
    text_features=dict(type="NpzLMDBFeatures", path="features/clip_text", dim=512),
    fps=30,
    feat_stride=16.043,
    feat_num_frames=16.043,
    max_seq_len=2560,
)
_loader = dict(num_workers=4, persistent_workers=True, pin_memory=True, collate_fn=dict(type="pseudo_collate"))

train_dataloader = dict(
    **_loader,
    batch_size=2,
    drop_last=True,
    sampler=dict(type="EpochSampler", shuffle=True),
    # A training list that shares questions with what the model is judged on is refused.
    dataset=dict(**_data, ann_file="lists/nlq_train.jsonl", disjoint_from="lists/nlq_val.jsonl"),
)
val_dataloader = dict(
    **_loader,
    batch_size=16,
    sampler=dict(type="EpochSampler", shuffle=False),
    dataset=dict(**_data, ann_file="lists/nlq_val.jsonl", test_mode=True),
)
test_dataloader = dict(
    **_loader,
    batch_size=16,
    sampler=dict(type="EpochSampler", shuffle=False),
    dataset=dict(**_data, ann_file="lists/nlq_val.jsonl", test_mode=True),
)
val_evaluator = dict(type="GroundingMetric")
test_evaluator = dict(type="GroundingMetric")
