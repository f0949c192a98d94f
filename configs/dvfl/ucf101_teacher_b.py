# tools/dist_train.sh configs/dvfl/ucf101_teacher_b.py 3
# Published top-1 / top-5 on the authors' own split, which shares recordings between train and test: 91.9 / 99.4
_base_ = [
    "../_base_/models/video_focalnet_base.py",
    "../_base_/datasets/ucf101.py",
    "../_base_/schedules/sgd_120e.py",
    "../_base_/default_runtime.py",
]
model = dict(
    head=dict(num_classes=101),
    data_preprocessor=dict(mix=dict(num_classes=101)),
    init_cfg=dict(type="PretrainedRecognizer", checkpoint="data/pretrained/focalnet_base_srf.pth", reset_head=True),
)
