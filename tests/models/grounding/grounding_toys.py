"""A localizer small enough for tests, and samples for it."""

import torch

from mmxkd.registry import MODELS
from mmxkd.structures import DataSample

VIDEO_DIM, TEXT_DIM, MAX_LEN = 10, 6, 64
RANGES = [[0, 4], [2, 8], [4, 16], [8, 10000]]


def build(seed=0, backbone=None, **settings):
    config = dict(
        type="MomentLocalizer",
        backbone={
            **dict(video_dim=VIDEO_DIM, text_dim=TEXT_DIM, embed_dim=16, num_heads=2, arch=[2, 1, 2, 0, 3], max_seq_len=MAX_LEN, window=5),
            **(backbone or {}),
        },
        regression_ranges=RANGES,
        head_dim=16,
        data_preprocessor=dict(type="GroundingDataPreprocessor", video_dim=VIDEO_DIM, text_dim=TEXT_DIM, max_seq_len=MAX_LEN),
    )
    torch.manual_seed(seed)
    model = MODELS.build({**config, **settings})
    for parameter in model.parameters():
        # Norms and residual scales away from where they start, so that padding and text are felt.
        if parameter.ndim < 3:
            torch.nn.init.normal_(parameter, std=0.5)
    return model


def item(length, tokens, seed=0):
    generator = torch.Generator().manual_seed(seed + 100 * length + tokens)
    return {
        "video": torch.randn(VIDEO_DIM, length, generator=generator),
        "text": torch.randn(TEXT_DIM, tokens, generator=generator),
    }


def sample(uid="q", windows=((2.0, 6.0),)):
    meta = dict(uid=uid, feat_stride=16.0, feat_num_frames=16.0, fps=30.0, duration=30.0)
    data = DataSample(metainfo=meta)
    data.gt_segments = torch.tensor(windows, dtype=torch.float64).reshape(-1, 2)
    data.gt_labels = torch.zeros(len(data.gt_segments), dtype=torch.int64)
    return data


def collate(model, items):
    samples = [sample(f"q{number}") for number in range(len(items))]
    return model.data_preprocessor({"inputs": items, "data_samples": samples})
