# tools/dist_train.sh configs/dvfl/ucf50_student.py 3
# Published top-1 / top-5 on the authors' own split, which shares recordings between train and test: 81.4 / 91.4
_base_ = [
    "../_base_/models/video_focalnet_nano.py",
    "../_base_/datasets/ucf50.py",
    "../_base_/schedules/sgd_120e.py",
    "../_base_/default_runtime.py",
]
model = dict(
    head=dict(num_classes=50),
    data_preprocessor=dict(mix=dict(num_classes=50)),
    init_cfg=dict(type="PretrainedRecognizer", checkpoint="data/pretrained/focalnet_tiny_srf.pth", reset_head=True),
)
