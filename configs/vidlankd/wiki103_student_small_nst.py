# tools/dist_train.sh configs/vidlankd/wiki103_student_small_nst.py 4
# The student: neuron selectivity transfer from the teacher's tokens.
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
            loss=dict(type="NST", reduction="published", teacher_term=False),
            student="hidden",
            teacher="hidden",
            connector=dict(type="MLPConnector", in_features=512),
            name="kd1",
        ),
    ],
)
default_hooks = dict(checkpoint=dict(max_keep_ckpts=-1))
randomness = dict(seed=95)
