# tools/train.py configs/dvfl/fight2_kd_stored.py ; fight2_kd.py at the price of fight2_student.py, after the command in `_hint`
_base_ = ["./fight2_kd.py"]
_hint = "tools/teacher/dump.py configs/dvfl/fight2_kd.py --epochs 40 --out data/stores/fight2_kd"
model = dict(teacher=dict(_delete_=True, type="StoredTeacher", store="data/stores/fight2_kd", gate=dict(min_accuracy=0.5), hint=_hint))
train_dataloader = dict(sampler=dict(recur=40))
