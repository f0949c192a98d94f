# tools/dist_train.sh configs/groundnlq/ego4d_narration_star_pretrain.py 4
# GroundNLQ* on narrations.
_base_ = [
    "../_base_/models/groundnlq_star.py",
    "../_base_/datasets/ego4d_narrations.py",
    "../_base_/schedules/groundnlq_pretrain.py",
]
model = dict(post_process=dict(max_windows=50))
