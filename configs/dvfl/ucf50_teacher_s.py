# tools/dist_train.sh configs/dvfl/ucf50_teacher_s.py 3
# Published top-1 / top-5 on the authors' own split, which shares recordings between train and test: 90.8 / 97.9
_base_ = [
    "../_base_/models/video_focalnet_small.py",
    "../_base_/datasets/ucf50.py",
    "../_base_/schedules/sgd_120e.py",
    "../_base_/default_runtime.py",
]
model = dict(
    head=dict(num_classes=50),
    data_preprocessor=dict(mix=dict(num_classes=50)),
    init_cfg=dict(type="PretrainedRecognizer", checkpoint="data/pretrained/focalnet_small_srf.pth", reset_head=True),
)
