# tools/train.py configs/vidlankd/glue/mnli.py --cfg-options model.checkpoint=CKPT
_base_ = [
    "../../_base_/models/vidlankd_glue_small.py",
    "../../_base_/datasets/glue.py",
    "../../_base_/schedules/vidlankd_glue_3e.py",
    "../../_base_/default_runtime.py",
]

model = dict(num_classes=3)
train_dataloader = dict(dataset=dict(task="mnli", path="data/glue/MNLI/train.tsv"))
val_dataloader = dict(dataset=dict(task="mnli", path="data/glue/MNLI/dev_matched.tsv"))
test_dataloader = dict(dataset=dict(task="mnli", path="data/glue/MNLI/dev_matched.tsv"))
val_evaluator = dict(task="mnli")
test_evaluator = dict(task="mnli")
randomness = dict(seed=9595)
