# Half the width and half the blocks before the pyramid of GroundNLQ; the same seven levels.
_base_ = ["./groundnlq_base.py"]

model = dict(backbone=dict(embed_dim=192, arch=[2, 2, 2, 0, 6]), head_dim=192)
