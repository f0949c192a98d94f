# tools/dist_train.sh configs/dvfl/kinetics600_teacher_b.py 8
# Published top-1 (Video-FocalNets): 86.7
_base_ = [
    "../_base_/models/video_focalnet_base.py",
    "../_base_/datasets/kinetics600.py",
    "../_base_/schedules/sgd_120e.py",
    "../_base_/default_runtime.py",
]
model = dict(
    head=dict(num_classes=600),
    data_preprocessor=dict(mix=dict(num_classes=600)),
    init_cfg=dict(type="PretrainedRecognizer", checkpoint="data/pretrained/focalnet_base_srf.pth", reset_head=True),
)
