# tools/dist_train.sh configs/dvfl/hmdb51_student.py 3
# Published top-1 / top-5 on the authors' own split, which shares recordings between train and test: 71.6 / 88.5
_base_ = [
    "../_base_/models/video_focalnet_nano.py",
    "../_base_/datasets/hmdb51.py",
    "../_base_/schedules/sgd_120e.py",
    "../_base_/default_runtime.py",
]
model = dict(
    head=dict(num_classes=51),
    data_preprocessor=dict(mix=dict(num_classes=51)),
    init_cfg=dict(type="PretrainedRecognizer", checkpoint="data/pretrained/focalnet_tiny_srf.pth", reset_head=True),
)
