# Fine-tuning of the text teachers as released: constant rate, no clipping, LayerNorm weights decay. Evaluated after each epoch; the
# release kept no checkpoint, here the best one by top-1 is kept.
optim_wrapper = dict(
    type="OptimWrapper",
    constructor="DecayByNameConstructor",
    paramwise_cfg=dict(no_decay=["bias", "gamma", "beta"]),
    optimizer=dict(type="HFAdamW", lr=1e-5, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-7),
)
train_cfg = dict(type="EpochLoop", max_epochs=8, val_interval=1)
val_cfg = dict()
test_cfg = dict()
