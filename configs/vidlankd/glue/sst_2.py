# tools/train.py configs/vidlankd/glue/sst_2.py --cfg-options model.checkpoint=CKPT
_base_ = [
    "../../_base_/models/vidlankd_glue_small.py",
    "../../_base_/datasets/glue.py",
    "../../_base_/schedules/vidlankd_glue_3e.py",
    "../../_base_/default_runtime.py",
]

model = dict(num_classes=2)
train_dataloader = dict(dataset=dict(task="sst-2", path="data/glue/SST-2/train.tsv"))
val_dataloader = dict(dataset=dict(task="sst-2", path="data/glue/SST-2/dev.tsv"))
test_dataloader = dict(dataset=dict(task="sst-2", path="data/glue/SST-2/dev.tsv"))
val_evaluator = dict(task="sst-2")
test_evaluator = dict(task="sst-2")
randomness = dict(seed=9595)
