# The published text teacher for EPIC-KITCHENS-55: three heads on the first token of an encoder the config names.
model = dict(
    type="TextAnticipator",
    num_classes=2513,
    num_verbs=125,
    num_nouns=352,
    multi_task=(0.7, 0.15, 0.15),
    data_preprocessor=dict(type="TextPreprocessor", extra=3),
    init_cfg=dict(type="PretrainedLanguageModel"),
)
