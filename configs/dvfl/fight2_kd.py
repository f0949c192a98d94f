# tools/train.py configs/dvfl/fight2_kd.py ; needs work_dirs/fight2_teacher, see fight2_teacher.py
_base_ = [
    "../_base_/models/video_focalnet_mini_kd.py",
    "../_base_/datasets/fight2.py",
    "../_base_/schedules/adamw_24e.py",
    "../_base_/default_runtime.py",
]
model = dict(
    student=dict(backbone=dict(img_size=112), head=dict(num_classes=2)),
    teacher=dict(
        model=dict(backbone=dict(img_size=112), head=dict(num_classes=2)),
        checkpoint="work_dirs/fight2_teacher/epoch_40.pth",
        hint="tools/train.py configs/dvfl/fight2_teacher.py",
    ),
)
train_cfg = dict(max_epochs=40, val_interval=10)
