# A teacher of our own over ids of actions, 1.2 M parameters for EPIC-KITCHENS-55; verbs and nouns of the actions come from the data set.
model = dict(
    type="ObjectMemoryAnticipator",
    num_classes=2513,
    num_verbs=125,
    num_nouns=352,
    width=128,
    hidden=256,
    recent=12,
    dropout=0.4,
    label_smoothing=0.1,
    data_preprocessor=dict(type="TextPreprocessor", ids_key="actions", pad_id=2513, vocab_size=2513, allow_empty=True),
)
custom_hooks = [dict(type="TrainingSetHook")]
