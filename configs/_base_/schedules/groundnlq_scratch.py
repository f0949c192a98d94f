# AdamW as GroundNLQ is trained from scratch: 8 epochs after 5 of warm-up; the rate is for one process and grows with their number.
_base_ = ["../default_runtime.py"]

optim_wrapper = dict(
    type="OptimWrapper",
    constructor="HeadGroupConstructor",
    optimizer=dict(type="AdamW", lr=5e-5, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.05),
    clip_grad=dict(max_norm=1.0),
)
param_scheduler = dict(type="CosineAfterWarmupLR", convert_to_iter_based=True, warmup_epochs=5, min_lr=1e-8)
# Batch of one process.
auto_scale_lr = dict(enable=True, base_batch_size=2)

train_cfg = dict(type="EpochLoop", max_epochs=13, val_interval=1)
val_cfg = dict()
test_cfg = dict()

default_hooks = dict(
    weight_average=dict(type="WeightAverageHook", decay=0.999),
    # Every epoch is kept, as in the release, which chooses none by a metric and fuses the answers of several.
    checkpoint=dict(max_keep_ckpts=-1, save_best="r1_iou03", rule="greater"),
)
randomness = dict(seed=12345678)
