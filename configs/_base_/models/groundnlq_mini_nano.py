# Half the width and one block less before the pyramid of groundnlq_mini.py.
_base_ = ["./groundnlq_mini.py"]

model = dict(backbone=dict(embed_dim=32, arch=[1, 1, 1, 0, 2]), head_dim=32)
