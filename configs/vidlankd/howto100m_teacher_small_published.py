# tools/dist_train.sh configs/vidlankd/howto100m_teacher_small_published.py 4
# The teacher as released: the video side keeps its random weights (and its dropout noise), frames are masked by their last channel,
# overlap of captions is looked for where there is none, ids without features stay as zeros, masking repeats on every rank.
_base_ = ["./howto100m_teacher_small.py"]

model = dict(train_video="none", frozen_dropout=True, data_preprocessor=dict(mode="published"))
_videos = dict(join="published", frame_mask="last_channel", zeros_for_missing=True, published_multiple=4)
train_dataloader = dict(dataset=_videos)
val_dataloader = dict(dataset=_videos)
test_dataloader = dict(dataset=_videos)
val_evaluator = dict(average="batch")
test_evaluator = dict(average="batch")
