# A miniature VFL-Net (0.17 M parameters) for 8 frames at 56 x 56, whose temporal branch starts as identity.
model = dict(
    type="VideoRecognizer",
    backbone=dict(
        type="VideoFocalNet",
        img_size=56,
        embed_dim=8,
        depths=[1, 1, 2, 1],
        tubelet_size=2,
        drop_path_rate=0.0,
        temporal_identity=True,
    ),
    head=dict(type="LinearHead", num_classes=12, in_features=64),
    data_preprocessor=dict(type="VideoDataPreprocessor", mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375]),
)
