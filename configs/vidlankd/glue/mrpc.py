# tools/train.py configs/vidlankd/glue/mrpc.py --cfg-options model.checkpoint=CKPT
_base_ = [
    "../../_base_/models/vidlankd_glue_small.py",
    "../../_base_/datasets/glue.py",
    "../../_base_/schedules/vidlankd_glue_3e.py",
    "../../_base_/default_runtime.py",
]

model = dict(num_classes=2)
train_dataloader = dict(dataset=dict(task="mrpc", path="data/glue/MRPC/train.tsv"))
val_dataloader = dict(dataset=dict(task="mrpc", path="data/glue/MRPC/dev.tsv"))
test_dataloader = dict(dataset=dict(task="mrpc", path="data/glue/MRPC/dev.tsv"))
val_evaluator = dict(task="mrpc")
test_evaluator = dict(task="mrpc")
randomness = dict(seed=9595)
