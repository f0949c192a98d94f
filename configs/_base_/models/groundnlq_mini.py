# GroundNLQ* in miniature, for the long puppet videos: 0.36 M parameters, three levels of 1, 2 and 4 features that all attend to the text.
model = dict(
    type="MomentLocalizer",
    backbone=dict(video_dim=256, text_dim=64, embed_dim=64, num_heads=4, arch=[1, 1, 1, 2, 0], max_seq_len=128, drop_path_rate=0.0),
    regression_ranges=[[0, 4], [2, 8], [4, 10000]],
    head_dim=64,
    label_smoothing=0.0,
    init_loss_norm=50.0,
    data_preprocessor=dict(type="GroundingDataPreprocessor", video_dim=256, text_dim=64, max_seq_len=128),
)
