# AVT-b: ViT-B/16 on every frame, started from ImageNet weights in a Hugging Face folder, and AVT-h; a config sets classes and depth.
model = dict(
    type="AVT",
    backbone=dict(type="ViT", pretrained="data/pretrained/vit-base-patch16-224", num_frames=10),
    backbone_dim=768,
    future_predictor=dict(type="FuturePredictor", hidden_size=2048, num_heads=4, num_layers=6),
    num_classes=dict(action=2513),
    dropout=0.8,
    label_mean="all",
    data_preprocessor=dict(type="VideoDataPreprocessor", mean=[127.5] * 3, std=[127.5] * 3),
)
