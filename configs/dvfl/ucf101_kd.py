# tools/dist_train.sh configs/dvfl/ucf101_kd.py 3
# Published top-1 / top-5 on the authors' own split, which shares recordings between train and test: 88.4 / 96.1
_base_ = [
    "../_base_/models/video_focalnet_base_to_nano.py",
    "../_base_/datasets/ucf101.py",
    "../_base_/schedules/sgd_120e.py",
    "../_base_/default_runtime.py",
]
model = dict(
    student=dict(
        head=dict(num_classes=101),
        data_preprocessor=dict(mix=dict(num_classes=101)),
        init_cfg=dict(type="PretrainedRecognizer", checkpoint="data/pretrained/focalnet_tiny_srf.pth", reset_head=True),
    ),
    teacher=dict(
        model=dict(head=dict(num_classes=101)),
        checkpoint="work_dirs/ucf101_teacher_b/best_top1_*.pth",
        hint="tools/dist_train.sh configs/dvfl/ucf101_teacher_b.py 3",
        gate=dict(min_accuracy=0.5),
    ),
)
