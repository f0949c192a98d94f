# 40 epochs as the students train: old AdamW, 10000 steps of warm-up, linear to 0, two batches per step, four processes.
optim_wrapper = dict(
    type="OptimWrapper",
    # DecayByShapeConstructor would exempt the norms of the distillation heads, too; the release decays them.
    constructor="DecayByNameConstructor",
    optimizer=dict(type="HFAdamW", lr=2e-4, betas=(0.9, 0.999), eps=1e-6, weight_decay=0.01),
    accumulative_counts=2,
    clip_grad=dict(max_norm=1.0),
)
param_scheduler = dict(type="LinearWarmupLR", convert_to_iter_based=True, warmup_steps=10000, accumulation=2)
train_cfg = dict(type="EpochLoop", max_epochs=40, val_interval=1)
val_cfg = dict()
test_cfg = dict()
