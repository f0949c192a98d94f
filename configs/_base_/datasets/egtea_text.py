# EGTEA Gaze+, split 1 in RULSTM's layout, as texts of past actions: data/egtea/ with training1.csv, validation1.csv, actions.csv.
# gappy=True as published: the split cuts through videos, and a history holds segments of its own side only.
_texts = dict(
    type="HistoryTextDataset",
    table=dict(type="EgteaTable", root="data/egtea", fold=1),
    hist_len=15,
    max_len=512,
    gappy=True,
    sort_seg=True,
    history_rule="started",
    history_gap=0.0,
    tau_a=0.5,
)
_loader = dict(num_workers=0, persistent_workers=False, collate_fn=dict(type="pseudo_collate"))
train_dataloader = dict(
    batch_size=16,
    **_loader,
    sampler=dict(type="EpochSampler", shuffle=True),
    dataset=dict(**_texts, split="training"),
)
val_dataloader = dict(
    batch_size=64,
    **_loader,
    sampler=dict(type="EpochSampler", shuffle=False),
    dataset=dict(**_texts, split="validation", test_mode=True),
)
test_dataloader = val_dataloader
val_evaluator = dict(type="AnticipationMetric")
test_evaluator = val_evaluator
