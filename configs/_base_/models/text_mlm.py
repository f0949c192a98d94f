# Masked language modelling with an encoder the config names, from stock weights: 15 % of the tokens, 80 / 10 / 10, drawn anew each epoch.
model = dict(
    type="BertMLM",
    data_preprocessor=dict(type="MLMPreprocessor", probability=0.15),
    init_cfg=dict(type="PretrainedLanguageModel"),
)
