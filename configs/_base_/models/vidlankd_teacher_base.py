# Video-language teacher: the text side of vidlankd_bert_base.py and a video BERT of the same size over 2-D and 3-D features (2048 each).
_base_ = ["./vidlankd_bert_base.py"]

model = dict(
    type="VideoLanguageModel",
    video=dict(in_features=4096, mid_features=1024, dropout=0.3),
    margin=1.0,
    train_video="all",
    data_preprocessor=dict(type="VideoTextPreprocessor"),
)
