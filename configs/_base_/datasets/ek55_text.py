# EPIC-KITCHENS-55, RULSTM's split, as texts of past actions: data/epic55/ with the official tables and RULSTM's lists.
# history_gap=0 as published: the history runs up to the target's start and tells more than a student that anticipates by tau_a sees.
_texts = dict(
    type="HistoryTextDataset",
    table=dict(type="Epic55Table", root="data/epic55"),
    hist_len=5,
    max_len=512,
    history_rule="started",
    history_gap=0.0,
    tau_a=1.0,
)
_many_shot = dict(
    actions819="data/epic55/EPIC_many_shot_actions.csv",
    either=dict(rule="either", verbs="data/epic55/EPIC_many_shot_verbs.csv", nouns="data/epic55/EPIC_many_shot_nouns.csv"),
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
val_evaluator = dict(type="AnticipationMetric", many_shot=_many_shot)
test_evaluator = val_evaluator
