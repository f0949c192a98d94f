# tools/dist_train.sh configs/dvfl/ucf101_kd_features.py 3
# Beyond the released code: stages (beta) and modulators (gamma) are distilled as well, by attention transfer.
_base_ = ["./ucf101_kd.py"]

_match = dict(loss=dict(type="AttentionTransfer"))
model = dict(
    beta=0.3,
    gamma=0.5,
    stage_terms=[
        dict(**_match, student="stage3", teacher="stage3", name="stage3"),
        dict(**_match, student="stage4", teacher="stage4", name="stage4"),
    ],
    modulator_terms=[
        dict(**_match, student="modulator/3", teacher="modulator/3", name="modulator3"),
        dict(**_match, student="modulator/4", teacher="modulator/4", name="modulator4"),
    ],
)
