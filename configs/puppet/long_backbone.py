# tools/train.py configs/puppet/long_backbone.py ; 83 % of 33 actions by people it has not seen; it extracts the features of the long videos
_base_ = [
    "../_base_/datasets/puppet_long.py",
    "../_base_/schedules/adamw_24e.py",
    "../_base_/default_runtime.py",
]
model = dict(
    type="VideoRecognizer",
    backbone=dict(
        type="ResNeXt3D",
        depths=[1, 1, 1, 1],
        planes=[32, 64, 128, 128],
        cardinality=16,
        stem_channels=24,
        stem_kernel=[3, 5, 5],
        input_shape=[3, 8, 56, 56],
    ),
    head=dict(type="LinearHead", num_classes=33, in_features=256),
    data_preprocessor=dict(type="VideoDataPreprocessor", mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375]),
)
param_scheduler = dict(warmup_epochs=1)
train_cfg = dict(max_epochs=5, val_interval=5)
