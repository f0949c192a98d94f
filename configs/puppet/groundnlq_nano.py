# tools/train.py configs/puppet/groundnlq_nano.py ; a model of half the width, alone
_base_ = [
    "../_base_/models/groundnlq_mini_nano.py",
    "../_base_/datasets/puppet_questions.py",
    "../_base_/schedules/groundnlq_mini.py",
]
