# tools/dist_train.sh configs/vidlankd/wiki103_student_small_crd.py 4
# The student: in-batch contrast with the teacher's tokens (the release calls it CRD).
_base_ = [
    "../_base_/models/vidlankd_bert_small.py",
    "../_base_/datasets/wiki103.py",
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
        checkpoint="work_dirs/howto100m_teacher_small/epoch_20.pth",
        hint="tools/dist_train.sh configs/vidlankd/howto100m_teacher_small.py 4",
    ),
    terms=[
        dict(
            loss=dict(type="InBatchContrast", temperature=1.0, reduction="published"),
            student="hidden",
            teacher="hidden",
            connector=dict(type="MLPConnector", in_features=512),
            name="kd2",
        ),
    ],
)
default_hooks = dict(checkpoint=dict(max_keep_ckpts=-1))
randomness = dict(seed=95)
