# GroundNLQ in miniature, for the long puppet videos: 0.4 M parameters, three levels of 1, 2 and 4 features.
model = dict(
    type="MomentLocalizer",
    backbone=dict(video_dim=256, text_dim=64, embed_dim=64, num_heads=4, arch=[1, 1, 2, 0, 2], max_seq_len=128),
    regression_ranges=[[0, 4], [2, 8], [4, 10000]],
    head_dim=64,
    init_loss_norm=50.0,
    data_preprocessor=dict(type="GroundingDataPreprocessor", video_dim=256, text_dim=64, max_seq_len=128),
)
