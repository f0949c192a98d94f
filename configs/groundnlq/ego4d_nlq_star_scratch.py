# tools/dist_train.sh configs/groundnlq/ego4d_nlq_star_scratch.py 2
# GroundNLQ* from scratch.
_base_ = [
    "../_base_/models/groundnlq_star.py",
    "../_base_/datasets/ego4d_nlq.py",
    "../_base_/schedules/groundnlq_scratch.py",
]
