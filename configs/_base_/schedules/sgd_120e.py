# SGD as DVFL-Net and Video-FocalNets train: rates are meant for batches of 512 over all processes and scaled to the real one.
optim_wrapper = dict(
    type="OptimWrapper",
    # The release ends up without any weight decay; to repeat that: paramwise_cfg=dict(published_no_decay=True)
    constructor="DecayByShapeConstructor",
    optimizer=dict(type="SGD", lr=0.1, momentum=0.9, nesterov=True, weight_decay=1e-4),
    clip_grad=dict(max_norm=5.0),
)
param_scheduler = dict(type="WarmupCosineLR", convert_to_iter_based=True, warmup_epochs=20, start_factor=0.01, min_factor=0.01, delay=1)
auto_scale_lr = dict(enable=True, base_batch_size=512)

train_cfg = dict(type="EpochLoop", max_epochs=120, val_interval=1)
val_cfg = dict()
test_cfg = dict()
