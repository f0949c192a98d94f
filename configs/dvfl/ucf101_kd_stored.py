# tools/dist_train.sh configs/dvfl/ucf101_kd_stored.py 3 ; ucf101_kd.py at the price of ucf101_student.py, after the command in `_hint`
_base_ = ["./ucf101_kd.py"]
_hint = "tools/teacher/dump.py configs/dvfl/ucf101_kd.py --epochs 30 --processes 3 --out data/stores/ucf101_kd"
model = dict(teacher=dict(_delete_=True, type="StoredTeacher", store="data/stores/ucf101_kd", gate=dict(min_accuracy=0.5), hint=_hint))
train_dataloader = dict(sampler=dict(recur=30))
