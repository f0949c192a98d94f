# tools/train.py configs/dvfl/fight2_teacher.py
_base_ = ["./fight2_student.py"]
model = dict(backbone=dict(embed_dim=24), head=dict(in_features=192))
optim_wrapper = dict(optimizer=dict(lr=1.5e-3))
