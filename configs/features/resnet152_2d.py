# tools/data/extract_features.py VIDEOS --preset vidlankd --stream 2d --model configs/features/resnet152_2d.py --out STORE
# The 2-D stream of VidLanKD: ResNet-152 on one frame a second, 2048 values. Weights: a local copy of microsoft/resnet-152, by
# --cfg-options model.model.pretrained=DIR.
model = dict(
    type="ForeignModel",
    model=dict(
        type="transformers.ResNetForImageClassification",
        config=dict(layer_type="bottleneck", depths=[3, 8, 36, 3], hidden_sizes=[256, 512, 1024, 2048], num_labels=1000),
    ),
    layout="nchw",
    argument="pixel_values",
    keys=dict(logits="output.logits", feat="module:resnet.pooler"),
    data_preprocessor=dict(type="VideoDataPreprocessor", mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375]),
)
test_dataloader = dict(
    dataset=dict(
        type="VideoDataset",
        ann_file="",
        pipeline=[
            dict(type="mmaction.Resize", scale=(-1, 256)),
            dict(type="mmaction.CenterCrop", crop_size=224),
            dict(type="PackVideo", num_frames=1),
        ],
    ),
)
