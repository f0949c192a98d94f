# tools/dist_train.sh configs/dvfl/hmdb51_authors_teacher_b.py 3
# Video-FocalNet-B on the authors' own lists, the teacher of hmdb51_kd_published.py
_base_ = [
    "../_base_/models/video_focalnet_base.py",
    "../_base_/datasets/hmdb51_authors.py",
    "../_base_/schedules/sgd_120e.py",
    "../_base_/default_runtime.py",
]
model = dict(
    head=dict(num_classes=51),
    data_preprocessor=dict(mix=dict(num_classes=51)),
    init_cfg=dict(type="PretrainedRecognizer", checkpoint="data/pretrained/focalnet_base_srf.pth", reset_head=True),
)
