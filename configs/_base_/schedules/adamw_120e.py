# AdamW, the optimizer the release offers beside SGD, with the same schedule; the rate is ours (the release names one for SGD only).
_base_ = ["./sgd_120e.py"]

optim_wrapper = dict(optimizer=dict(_delete_=True, type="AdamW", lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-4))
