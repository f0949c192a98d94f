# EPIC-KITCHENS-55, RULSTM's split, as ids of all past actions of the video: data/epic55/ as for texts.
_actions = dict(
    type="ActionHistoryDataset",
    table=dict(type="Epic55Table", root="data/epic55"),
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
    batch_size=64,
    **_loader,
    sampler=dict(type="EpochSampler", shuffle=True),
    dataset=dict(**_actions, split="training"),
)
val_dataloader = dict(
    batch_size=128,
    **_loader,
    sampler=dict(type="EpochSampler", shuffle=False),
    dataset=dict(**_actions, split="validation", test_mode=True),
)
test_dataloader = val_dataloader
val_evaluator = dict(type="AnticipationMetric", many_shot=_many_shot)
test_evaluator = val_evaluator
