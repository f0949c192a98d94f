# tools/dist_train.sh configs/vidlankd/wiki_student_base_nst_crd.py 4
# The student: both terms.
_base_ = [
    "../_base_/models/vidlankd_bert_base.py",
    "../_base_/datasets/wiki.py",
    "../_base_/schedules/vidlankd_40e.py",
    "../_base_/default_runtime.py",
]
_student = _base_.model
model = dict(
    _delete_=True,
    type="Distiller",
    student=_student,
    teacher=dict(
        type="OnlineTeacher",
        model=dict(type="BertMLM", encoder=_student.encoder),
        checkpoint="work_dirs/howto100m_teacher_base/epoch_20.pth",
        hint="tools/dist_train.sh configs/vidlankd/howto100m_teacher_base.py 4",
    ),
    terms=[
        dict(
            loss=dict(type="NST", reduction="published", teacher_term=False),
            student="hidden",
            teacher="hidden",
            connector=dict(type="MLPConnector", in_features=768),
            name="kd1",
        ),
        dict(
            loss=dict(type="InBatchContrast", temperature=1.0, reduction="published"),
            student="hidden",
            teacher="hidden",
            connector=dict(type="MLPConnector", in_features=768),
            name="kd2",
        ),
    ],
)
default_hooks = dict(checkpoint=dict(max_keep_ckpts=-1))
# 500000 optimizer steps as released: about six passes through English Wikipedia at 4 x 32 x 2 blocks a step.
train_cfg = dict(max_epochs=6)
param_scheduler = dict(warmup_steps=5000)
randomness = dict(seed=95)
