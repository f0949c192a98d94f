# tools/dist_train.sh configs/groundnlq/ego4d_nlq_nano.py 2
# Half the width, alone: what distilling is to be compared with.
_base_ = [
    "../_base_/models/groundnlq_nano.py",
    "../_base_/datasets/ego4d_nlq.py",
    "../_base_/schedules/groundnlq_scratch.py",
]
