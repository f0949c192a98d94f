# tools/train.py configs/puppet/dvfl_kd_modulators.py ; dvfl_kd.py plus terms between the modulators of the last two resolutions
_base_ = ["./dvfl_kd.py"]

model = dict(
    gamma=0.5,
    modulator_terms=[
        dict(loss=dict(type="AttentionTransfer"), student="modulator/3", teacher="modulator/3", name="modulator3"),
        dict(loss=dict(type="AttentionTransfer"), student="modulator/4", teacher="modulator/4", name="modulator4"),
    ],
)
