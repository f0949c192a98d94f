# Video-FocalNet-S: 88.5 M parameters, 124.5 GMACs at 8 x 224 x 224; a config sets head.num_classes and data_preprocessor.mix.num_classes.
model = dict(
    type="VideoRecognizer",
    backbone=dict(type="VideoFocalNet", embed_dim=96, depths=[2, 2, 18, 2], drop_path_rate=0.3),
    head=dict(type="LinearHead", num_classes=101, in_features=768),
    data_preprocessor=dict(
        type="VideoDataPreprocessor",
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        mix=dict(type="MixupCutmix", num_classes=101, block_size=8),
    ),
)
