# Questions about the long puppet videos, 8 a video, over features at 1.87 a second: an action of 1.5 to 3 s is 3 to 6 of them.
_data = dict(
    type="GroundingDataset",
    data_root="data/puppet_long",
    video_features=dict(type="NpzLMDBFeatures", path="ego4d", dim=256),
    text_features=dict(type="NpzLMDBFeatures", path="grounding/text", dim=64),
    fps=30,
    feat_stride=16.043,
    feat_num_frames=16.043,
    max_seq_len=128,
    prepare="make demo-groundnlq",
)
_loader = dict(num_workers=0, collate_fn=dict(type="pseudo_collate"))

train_dataloader = dict(
    **_loader,
    batch_size=16,
    drop_last=True,
    sampler=dict(type="EpochSampler", shuffle=True),
    dataset=dict(**_data, ann_file="grounding/nlq_train.jsonl", disjoint_from="grounding/nlq_val.jsonl"),
)
val_dataloader = dict(
    **_loader,
    batch_size=32,
    sampler=dict(type="EpochSampler", shuffle=False),
    dataset=dict(**_data, ann_file="grounding/nlq_val.jsonl", test_mode=True),
)
test_dataloader = dict(
    **_loader,
    batch_size=32,
    sampler=dict(type="EpochSampler", shuffle=False),
    dataset=dict(**_data, ann_file="grounding/nlq_val.jsonl", test_mode=True),
)
val_evaluator = dict(type="GroundingMetric", undetected="whole_clip")
test_evaluator = dict(type="GroundingMetric", undetected="whole_clip")
