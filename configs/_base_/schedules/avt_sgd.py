# SGD as AVT trains: the rate is that of one process and grows with their number (auto_scale_lr.base_batch_size = batch_size).
# final_lr=0: from the end of the cosine on the published rate is 0, whatever min_factor says.
optim_wrapper = dict(
    type="OptimWrapper",
    constructor="BiasDecayConstructor",
    optimizer=dict(type="SGD", lr=1e-3, momentum=0.9, nesterov=True, weight_decay=1e-6),
)
param_scheduler = dict(type="RecursiveCosineLR", convert_to_iter_based=True, warmup_epochs=0, final_lr=0.0)
auto_scale_lr = dict(enable=True, base_batch_size=64)

train_cfg = dict(type="EpochLoop", max_epochs=50, val_interval=1)
val_cfg = dict()
test_cfg = dict()
