# GroundNLQ*, 36.1 M parameters: every block of the pyramid attends to the text.
_base_ = ["./groundnlq_published.py"]

model = dict(backbone=dict(arch=[2, 4, 4, 6, 0]))
