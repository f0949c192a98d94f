# tools/train.py configs/puppet/anticipation_kd_topk.py ; only the 10 classes the teacher thinks likeliest are compared, as published
_base_ = ["./anticipation_student.py"]

_student = _base_.model
_store = "work_dirs/anticipation_teacher/store"
_hint = f"tools/teacher/dump.py configs/puppet/anticipation_teacher.py CKPT --split train --out {_store}"
model = dict(
    _delete_=True,
    type="Distiller",
    student=_student,
    teacher=dict(type="StoredTeacher", store=_store, hint=_hint),
    terms=[
        dict(
            loss=dict(type="ClassSubsetKL", temperature=2.0, mode="top_k", k=10),
            student="logits",
            teacher="logits",
            weight=1.0,
            name="kd",
        )
    ],
)
