# tools/train.py configs/puppet/groundnlq_scratch.py ; the big model on 640 questions about 80 videos alone
_base_ = [
    "../_base_/models/groundnlq_mini.py",
    "../_base_/datasets/puppet_questions.py",
    "../_base_/schedules/groundnlq_mini.py",
]
