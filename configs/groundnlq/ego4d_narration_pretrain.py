# tools/dist_train.sh configs/groundnlq/ego4d_narration_pretrain.py 4
# GroundNLQ on narrations, whose windows are widened; 50 answers a question while it is validated on Ego4D NLQ.
_base_ = [
    "../_base_/models/groundnlq_published.py",
    "../_base_/datasets/ego4d_narrations.py",
    "../_base_/schedules/groundnlq_pretrain.py",
]
model = dict(post_process=dict(max_windows=50))
