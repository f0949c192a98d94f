# X3D-S of mmaction2 (2.9 M parameters without its 12 classes), trained from nothing; X3D-XS is the same network on fewer frames.
model = dict(
    type="ForeignModel",
    model=dict(
        type="mmaction.Recognizer3D",
        backbone=dict(type="mmaction.X3D", gamma_w=1, gamma_b=2.25, gamma_d=2.2),
        cls_head=dict(type="mmaction.X3DHead", in_channels=432, num_classes=12, spatial_type="avg", fc1_bias=False, average_clips=None),
    ),
    keys=dict(logits="output"),
    layout="nvcthw",
    call=dict(mode="tensor", stage="head"),
    channels_last=True,
    data_preprocessor=dict(type="VideoDataPreprocessor", mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375]),
)
