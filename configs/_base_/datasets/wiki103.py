# Wiki103 as token blocks of 126 in data/wiki103/{train,valid,test}, written by tools/data/tokenize_corpus.py.
_loader = dict(num_workers=2, persistent_workers=True, pin_memory=True, collate_fn=dict(type="pseudo_collate"))
train_dataloader = dict(
    batch_size=32,
    **_loader,
    sampler=dict(type="EpochSampler", shuffle=True),
    dataset=dict(type="TokenBlocks", tokens="data/wiki103/train", block_size=126),
)
val_dataloader = dict(
    batch_size=64,
    **_loader,
    sampler=dict(type="EpochSampler", shuffle=False),
    dataset=dict(type="TokenBlocks", tokens="data/wiki103/valid", block_size=126),
)
test_dataloader = dict(
    batch_size=64,
    **_loader,
    sampler=dict(type="EpochSampler", shuffle=False),
    dataset=dict(type="TokenBlocks", tokens="data/wiki103/test", block_size=126),
)
val_evaluator = dict(type="LanguageMetric")
test_evaluator = val_evaluator
