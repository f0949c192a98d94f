# tools/train.py configs/puppet/dvfl_kd_stored.py ; dvfl_kd.py at the price of dvfl_student.py, after the command in `_hint`
_base_ = ["./dvfl_kd.py"]
_hint = "tools/teacher/dump.py configs/puppet/dvfl_kd.py --epochs 24 --out data/stores/puppet_kd"
model = dict(teacher=dict(_delete_=True, type="StoredTeacher", store="data/stores/puppet_kd", gate=dict(min_accuracy=0.5), hint=_hint))
train_dataloader = dict(sampler=dict(recur=24))
