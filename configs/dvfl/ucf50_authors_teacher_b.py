# tools/dist_train.sh configs/dvfl/ucf50_authors_teacher_b.py 3
# Video-FocalNet-B on the authors' own lists, the teacher of ucf50_kd_published.py
_base_ = [
    "../_base_/models/video_focalnet_base.py",
    "../_base_/datasets/ucf50_authors.py",
    "../_base_/schedules/sgd_120e.py",
    "../_base_/default_runtime.py",
]
model = dict(
    head=dict(num_classes=50),
    data_preprocessor=dict(mix=dict(num_classes=50)),
    init_cfg=dict(type="PretrainedRecognizer", checkpoint="data/pretrained/focalnet_base_srf.pth", reset_head=True),
)
