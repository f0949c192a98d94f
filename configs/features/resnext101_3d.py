# tools/data/extract_features.py VIDEOS --preset vidlankd --stream 3d --model configs/features/resnext101_3d.py CKPT --out STORE
# The 3-D stream of VidLanKD: ResNeXt-101 on 16 frames of 24 a second, 2048 values. CKPT: the published Kinetics weights through
# tools/convert_checkpoint.py resnext3d IN CKPT.
model = dict(
    type="VideoRecognizer",
    backbone=dict(type="ResNeXt3D"),
    head=dict(type="LinearHead", num_classes=400, in_features=2048),
    data_preprocessor=dict(type="VideoDataPreprocessor", mean=[110.6363, 103.1608, 96.2903], std=[1.0, 1.0, 1.0]),
)
test_dataloader = dict(
    dataset=dict(
        type="VideoDataset",
        ann_file="",
        pipeline=[
            dict(type="mmaction.Resize", scale=(-1, 112)),
            dict(type="mmaction.CenterCrop", crop_size=112),
            dict(type="PackVideo", num_frames=16),
        ],
    ),
)
