# tools/train.py configs/vidlankd/glue/sts_b.py --cfg-options model.checkpoint=CKPT
_base_ = [
    "../../_base_/models/vidlankd_glue_small.py",
    "../../_base_/datasets/glue.py",
    "../../_base_/schedules/vidlankd_glue_3e.py",
    "../../_base_/default_runtime.py",
]

model = dict(num_classes=1)
train_dataloader = dict(dataset=dict(task="sts-b", path="data/glue/STS-B/train.tsv"))
val_dataloader = dict(dataset=dict(task="sts-b", path="data/glue/STS-B/dev.tsv"))
test_dataloader = dict(dataset=dict(task="sts-b", path="data/glue/STS-B/dev.tsv"))
val_evaluator = dict(task="sts-b")
test_evaluator = dict(task="sts-b")
randomness = dict(seed=9595)
