# tools/dist_train.sh configs/groundnlq/ego4d_nlq_scratch.py 2
# Published on val, R@1 / R@5: 16.74 / 39.02 at IoU 0.3, 11.47 / 27.39 at IoU 0.5
_base_ = [
    "../_base_/models/groundnlq_published.py",
    "../_base_/datasets/ego4d_nlq.py",
    "../_base_/schedules/groundnlq_scratch.py",
]
