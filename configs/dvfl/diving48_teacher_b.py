# tools/dist_train.sh configs/dvfl/diving48_teacher_b.py 8
# Published top-1 (Video-FocalNets): 90.8
_base_ = [
    "../_base_/models/video_focalnet_base.py",
    "../_base_/datasets/diving48.py",
    "../_base_/schedules/sgd_120e.py",
    "../_base_/default_runtime.py",
]
model = dict(
    head=dict(num_classes=48),
    data_preprocessor=dict(mix=dict(num_classes=48)),
    init_cfg=dict(type="PretrainedRecognizer", checkpoint="data/pretrained/focalnet_base_srf.pth", reset_head=True),
)
