# GroundNLQ teaches the nano one, level by level: which points hold the answer, and where it starts and ends.
_features = dict(video_dim=2304, text_dim=512)
_ranges = [[0, 4], [2, 8], [4, 16], [8, 32], [16, 64], [32, 128], [64, 10000]]
_preprocessor = dict(type="GroundingDataPreprocessor", max_seq_len=2560, **_features)

model = dict(
    type="Distiller",
    student=dict(
        type="MomentLocalizer",
        backbone=dict(embed_dim=192, arch=[2, 2, 2, 0, 6], **_features),
        regression_ranges=_ranges,
        head_dim=192,
        data_preprocessor=_preprocessor,
    ),
    teacher=dict(
        type="OnlineTeacher",
        model=dict(
            type="MomentLocalizer",
            backbone=dict(embed_dim=384, arch=[2, 4, 4, 0, 6], **_features),
            regression_ranges=_ranges,
            data_preprocessor=_preprocessor,
        ),
    ),
    terms=[
        dict(
            loss=dict(type="ScoreLevels", temperature=2.0),
            student="cls/*",
            teacher="cls/*",
            inputs=dict(mask="student.mask/*"),
        ),
        dict(
            loss=dict(type="BoundaryLevels", threshold=0.1),
            student="reg/*",
            teacher="reg/*",
            inputs=dict(scores="teacher.cls/*", mask="student.mask/*"),
        ),
    ],
)
