# tools/train.py configs/vidlankd/glue/qqp.py --cfg-options model.checkpoint=CKPT
_base_ = [
    "../../_base_/models/vidlankd_glue_small.py",
    "../../_base_/datasets/glue.py",
    "../../_base_/schedules/vidlankd_glue_3e.py",
    "../../_base_/default_runtime.py",
]

model = dict(num_classes=2)
train_dataloader = dict(dataset=dict(task="qqp", path="data/glue/QQP/train.tsv"))
val_dataloader = dict(dataset=dict(task="qqp", path="data/glue/QQP/dev.tsv"))
test_dataloader = dict(dataset=dict(task="qqp", path="data/glue/QQP/dev.tsv"))
val_evaluator = dict(task="qqp")
test_evaluator = dict(task="qqp")
randomness = dict(seed=9595)
