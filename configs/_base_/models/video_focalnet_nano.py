# VFL-Net, the nano student: 22.2 M parameters, 27.2 GMACs at 8 x 224 x 224.
# A config sets head.num_classes and data_preprocessor.mix.num_classes.
model = dict(
    type="VideoRecognizer",
    backbone=dict(type="VideoFocalNet", embed_dim=96, depths=[1, 1, 2, 1], drop_path_rate=0.2),
    head=dict(type="LinearHead", num_classes=101, in_features=768),
    data_preprocessor=dict(
        type="VideoDataPreprocessor",
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        mix=dict(type="MixupCutmix", num_classes=101, block_size=8),
    ),
)
