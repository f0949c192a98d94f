# NExT-GQA's questions with windows about everyday videos, in the layout of Ego4D NLQ's annotations; features are yours to extract.
_data = dict(
    type="GroundingDataset",
    data_root="data/nextgqa",
    layout="ego4d_nlq",
    video_features=dict(type="NpyFeatures", path="features/video"),
    text_features=dict(type="NpyFeatures", path="features/text"),
    fps=30,
    feat_stride=16,
    feat_num_frames=16,
    max_seq_len=512,
)
_loader = dict(num_workers=4, persistent_workers=True, pin_memory=True, collate_fn=dict(type="pseudo_collate"))

# The data set publishes windows for val and test only: train on the longer list, validate on the other.
train_dataloader = dict(
    **_loader,
    batch_size=16,
    drop_last=True,
    sampler=dict(type="EpochSampler", shuffle=True),
    dataset=dict(**_data, ann_file="nlq_format_test.json", disjoint_from="nlq_format_val.json"),
)
val_dataloader = dict(
    **_loader,
    batch_size=16,
    sampler=dict(type="EpochSampler", shuffle=False),
    dataset=dict(**_data, ann_file="nlq_format_val.json", test_mode=True),
)
test_dataloader = dict(
    **_loader,
    batch_size=16,
    sampler=dict(type="EpochSampler", shuffle=False),
    dataset=dict(**_data, ann_file="nlq_format_val.json", test_mode=True),
)
val_evaluator = dict(type="GroundingMetric")
test_evaluator = dict(type="GroundingMetric")
