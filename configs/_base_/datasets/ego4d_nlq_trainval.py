# Training on train and val for the test server: nothing is left to validate on, and the test questions have no windows.
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
    dataset=dict(**_data, ann_file=["lists/nlq_train.jsonl", "lists/nlq_val.jsonl"], disjoint_from="lists/nlq_test.jsonl"),
)
test_dataloader = dict(
    **_loader,
    batch_size=16,
    sampler=dict(type="EpochSampler", shuffle=False),
    dataset=dict(**_data, ann_file="lists/nlq_test.jsonl", predict_only=True, test_mode=True),
)
test_evaluator = dict(type="GroundingMetric", submission="work_dirs/ego4d_nlq_test.json")
