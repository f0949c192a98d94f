# tools/train.py configs/vidlankd/wikitext2_student_nst.py
# The same text, steps and schedule, and neuron selectivity transfer from a teacher of puppet videos.
_base_ = ["./wikitext2_student_mlm.py"]

_student = _base_.model
model = dict(
    _delete_=True,
    type="Distiller",
    student=_student,
    teacher=dict(
        type="OnlineTeacher",
        model=dict(type="BertMLM", encoder=_student.encoder),
        checkpoint="work_dirs/wikitext2_teacher/epoch_20.pth",
        hint="tools/train.py configs/vidlankd/wikitext2_teacher.py",
    ),
    terms=[
        dict(
            loss=dict(type="NST", reduction="published", teacher_term=False),
            student="hidden",
            teacher="hidden",
            connector=dict(type="MLPConnector", in_features=128),
            name="kd1",
        ),
    ],
)
