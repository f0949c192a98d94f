# The published text teacher for EGTEA Gaze+: as for EPIC-KITCHENS-55, and classes weighted by the inverse of their records.
model = dict(
    type="TextAnticipator",
    num_classes=106,
    num_verbs=19,
    num_nouns=51,
    multi_task=(0.8, 0.1, 0.1),
    weigh_classes=True,
    data_preprocessor=dict(type="TextPreprocessor", extra=3),
    init_cfg=dict(type="PretrainedLanguageModel"),
)
custom_hooks = [dict(type="TrainingSetHook")]
