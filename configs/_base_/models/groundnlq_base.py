# GroundNLQ, 32.5 M parameters: 2304-wide clip features at 1.87 per second, 512-wide CLIP tokens. Sensible settings throughout; what
# the published recipes do otherwise is in groundnlq_published.py.
model = dict(
    type="MomentLocalizer",
    backbone=dict(
        video_dim=2304,
        text_dim=512,
        embed_dim=384,
        num_heads=4,
        arch=[2, 4, 4, 0, 6],
        max_seq_len=2560,
        window=9,
        drop_path_rate=0.1,
    ),
    regression_ranges=[[0, 4], [2, 8], [4, 16], [8, 32], [16, 64], [32, 128], [64, 10000]],
    head_dim=384,
    center_radius=1.5,
    label_smoothing=0.1,
    init_loss_norm=200.0,
    post_process=dict(nms="soft", sigma=0.75, max_windows=5),
    data_preprocessor=dict(type="GroundingDataPreprocessor", video_dim=2304, text_dim=512, max_seq_len=2560),
)
