# Ids of past actions in the annotated long puppet videos; nothing that had not ended tau_a before the target is told.
_base_ = ["./puppet_long_annotated.py"]

_actions = dict(type="ActionHistoryDataset", table=_base_._table, history_rule="ended", history_gap=_base_._tau_a, tau_a=_base_._tau_a)
_loader = dict(num_workers=0, persistent_workers=False, collate_fn=dict(type="pseudo_collate"))
train_dataloader = dict(batch_size=64, **_loader, sampler=dict(type="EpochSampler", shuffle=True), dataset=dict(**_actions, split="fit"))
val_dataloader = dict(
    batch_size=256,
    **_loader,
    sampler=dict(type="EpochSampler", shuffle=False),
    dataset=dict(**_actions, split="validation", test_mode=True),
)
test_dataloader = val_dataloader
val_evaluator = dict(type="AnticipationMetric")
test_evaluator = val_evaluator
