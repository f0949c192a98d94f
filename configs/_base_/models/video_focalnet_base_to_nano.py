# Video-FocalNet-B teaches VFL-Net: 0.2 * KL at T = 10 + 0.8 * task loss; the student's drop path is 0.1, as published.
model = dict(
    type="LogitDistiller",
    alpha=0.2,
    temperature=10.0,
    student=dict(
        type="VideoRecognizer",
        backbone=dict(type="VideoFocalNet", embed_dim=96, depths=[1, 1, 2, 1], drop_path_rate=0.1),
        head=dict(type="LinearHead", num_classes=101, in_features=768),
        data_preprocessor=dict(
            type="VideoDataPreprocessor",
            mean=[123.675, 116.28, 103.53],
            std=[58.395, 57.12, 57.375],
            mix=dict(type="MixupCutmix", num_classes=101, block_size=8),
        ),
    ),
    teacher=dict(
        type="OnlineTeacher",
        model=dict(
            type="VideoRecognizer",
            backbone=dict(type="VideoFocalNet", embed_dim=128, depths=[2, 2, 18, 2], drop_path_rate=0.5),
            head=dict(type="LinearHead", num_classes=101, in_features=1024),
        ),
    ),
)
