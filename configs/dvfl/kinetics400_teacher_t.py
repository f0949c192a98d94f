# tools/dist_train.sh configs/dvfl/kinetics400_teacher_t.py 8
# Published top-1 (Video-FocalNets): 79.8
_base_ = [
    "../_base_/models/video_focalnet_tiny.py",
    "../_base_/datasets/kinetics400.py",
    "../_base_/schedules/sgd_120e.py",
    "../_base_/default_runtime.py",
]
model = dict(
    head=dict(num_classes=400),
    data_preprocessor=dict(mix=dict(num_classes=400)),
    init_cfg=dict(type="PretrainedRecognizer", checkpoint="data/pretrained/focalnet_tiny_srf.pth", reset_head=True),
)
