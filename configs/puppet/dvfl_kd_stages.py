# tools/train.py configs/puppet/dvfl_kd_stages.py ; dvfl_kd.py plus terms between the stages of the last two resolutions
_base_ = ["./dvfl_kd.py"]

model = dict(
    beta=0.3,
    stage_terms=[
        dict(loss=dict(type="AttentionTransfer"), student="stage3", teacher="stage3", name="stage3"),
        dict(loss=dict(type="AttentionTransfer"), student="stage4", teacher="stage4", name="stage4"),
    ],
)
