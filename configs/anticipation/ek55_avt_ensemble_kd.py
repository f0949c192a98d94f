# tools/train.py configs/anticipation/ek55_avt_ensemble_kd.py
# Five text teachers; the student's feature chooses among them by attention, which is trained with it (as published, it is not:
# attention.trainable=False). For their mean or largest logits: reduce="mean" or "max" and the term of ek55_avt_kd.py.
_base_ = ["./ek55_avt_kd.py"]

_names = ["albert", "bert", "roberta", "electra", "distilbert"]
_teachers = [
    dict(
        type="StoredTeacher",
        store=f"work_dirs/ek55_text_{name}/store_train",
        keys=["logits", "feat"],
        hint=f"tools/teacher/dump.py configs/anticipation/ek55_text_{name}.py CKPT --features --out work_dirs/ek55_text_{name}/store_train",
    )
    for name in _names
]
model = dict(
    teacher=dict(_delete_=True, type="TeacherEnsemble", reduce="stack", teachers=_teachers),
    terms=[
        dict(
            loss=dict(
                type="AttendedTeachers",
                attention=dict(type="TeacherAttention", student_features=2048, teacher_features=768, num_heads=4),
                loss=dict(type="ClassSubsetKL", temperature=5.0, mode="top_k", k=50, reduction="mean"),
            ),
            student="logits",
            teacher="logits",
            inputs=dict(query="student.feat", keys="teacher.feat"),
            weight=20.0,
            name="ensemble_kd",
        )
    ],
)
