# AdamW for small text teachers from random weights. Validation is read once, at the end: models are chosen on held-out training videos.
optim_wrapper = dict(
    type="OptimWrapper",
    constructor="DecayByNameConstructor",
    paramwise_cfg=dict(no_decay=["bias", "LayerNorm.weight"]),
    optimizer=dict(type="AdamW", lr=5e-4, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01),
)
train_cfg = dict(type="EpochLoop", max_epochs=8, val_interval=8)
val_cfg = dict()
test_cfg = dict()
