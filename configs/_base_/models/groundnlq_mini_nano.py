# Half the width of groundnlq_mini.py.
_base_ = ["./groundnlq_mini.py"]

model = dict(backbone=dict(embed_dim=32), head_dim=32)
