# AVT on features of frames; a config sets the classes, the widths and the depth.
# label_mean="all": entries without a label count 0 in the losses' means, as published.
model = dict(
    type="AVT",
    backbone=dict(type="IdentityBackbone", in_channels=1024, num_frames=10),
    backbone_dim=1024,
    future_predictor=dict(type="FuturePredictor", hidden_size=2048, num_heads=8, num_layers=12),
    num_classes=dict(action=2513),
    dropout=0.8,
    label_mean="all",
    data_preprocessor=dict(type="VideoDataPreprocessor", mean=[0.0], std=[1.0]),
)
