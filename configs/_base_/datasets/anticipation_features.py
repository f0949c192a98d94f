# What is seen before an action, as features of frames: 10 frames, 2 a second. A data set's file says which table and which store.
_pipeline = [dict(type="SampleObservation", frames=10, rate=2.0), dict(type="ReadFeatures"), dict(type="PackObservation", num_frames=10)]
_dataset = dict(type="AnticipationVideoDataset", pipeline=_pipeline)
_loader = dict(batch_size=32, num_workers=4, persistent_workers=True, pin_memory=True, collate_fn=dict(type="pseudo_collate"))
train_dataloader = dict(**_loader, sampler=dict(type="EpochSampler", shuffle=True), dataset=dict(**_dataset, split="training"))
val_dataloader = dict(
    **_loader, sampler=dict(type="EpochSampler", shuffle=False), dataset=dict(**_dataset, split="validation", test_mode=True)
)
test_dataloader = val_dataloader
val_evaluator = dict(type="AnticipationMetric")
test_evaluator = val_evaluator
