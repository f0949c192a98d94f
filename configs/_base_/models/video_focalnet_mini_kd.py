# A miniature teacher (1.4 M parameters) and student under 0.7 * KL at T = 4 + 0.3 * task loss.
_base_ = ["./video_focalnet_mini.py"]

_student = _base_.model
model = dict(
    _delete_=True,
    type="LogitDistiller",
    alpha=0.7,
    temperature=4.0,
    student=_student,
    teacher=dict(
        type="OnlineTeacher",
        model=dict(
            type="VideoRecognizer",
            backbone=dict(type="VideoFocalNet", img_size=56, embed_dim=24, depths=[1, 1, 2, 1], tubelet_size=2, temporal_identity=True),
            head=dict(type="LinearHead", num_classes=12, in_features=192),
        ),
        checkpoint="work_dirs/dvfl_teacher/epoch_20.pth",
        hint="tools/train.py configs/puppet/dvfl_teacher.py",
        gate=dict(min_accuracy=0.5),
    ),
)
