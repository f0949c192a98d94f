# Pre-training as released: 200,000 steps of the Hugging Face Trainer's defaults, rate falling to 0 on a line, no warm-up, no decay.
_base_ = ["../default_runtime.py"]
optim_wrapper = dict(
    type="OptimWrapper",
    optimizer=dict(type="HFAdamW", lr=5e-5, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0),
    clip_grad=dict(max_norm=1.0),
)
param_scheduler = dict(type="LinearWarmupLR", by_epoch=False, warmup_steps=0, total_steps=200000)
train_cfg = dict(type="IterBasedTrainLoop", max_iters=200000)
default_hooks = dict(checkpoint=dict(by_epoch=False, interval=40000, max_keep_ckpts=-1, save_best=None), logger=dict(interval=100))
log_processor = dict(by_epoch=False)
