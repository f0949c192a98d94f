# tools/train.py configs/vidlankd/glue/cola.py --cfg-options model.checkpoint=CKPT
_base_ = [
    "../../_base_/models/vidlankd_glue_small.py",
    "../../_base_/datasets/glue.py",
    "../../_base_/schedules/vidlankd_glue_3e.py",
    "../../_base_/default_runtime.py",
]

model = dict(num_classes=2)
train_dataloader = dict(dataset=dict(task="cola", path="data/glue/CoLA/train.tsv"))
val_dataloader = dict(dataset=dict(task="cola", path="data/glue/CoLA/dev.tsv"))
test_dataloader = dict(dataset=dict(task="cola", path="data/glue/CoLA/dev.tsv"))
val_evaluator = dict(task="cola")
test_evaluator = dict(task="cola")
randomness = dict(seed=9595)
