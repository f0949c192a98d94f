# tools/dist_train.sh configs/dvfl/ucf50_kd.py 3
# Published top-1 / top-5 on the authors' own split, which shares recordings between train and test: 86.6 / 95.2
_base_ = [
    "../_base_/models/video_focalnet_base_to_nano.py",
    "../_base_/datasets/ucf50.py",
    "../_base_/schedules/sgd_120e.py",
    "../_base_/default_runtime.py",
]
model = dict(
    student=dict(
        head=dict(num_classes=50),
        data_preprocessor=dict(mix=dict(num_classes=50)),
        init_cfg=dict(type="PretrainedRecognizer", checkpoint="data/pretrained/focalnet_tiny_srf.pth", reset_head=True),
    ),
    teacher=dict(
        model=dict(head=dict(num_classes=50)),
        checkpoint="work_dirs/ucf50_teacher_b/best_top1_*.pth",
        hint="tools/dist_train.sh configs/dvfl/ucf50_teacher_b.py 3",
        gate=dict(min_accuracy=0.5),
    ),
)
