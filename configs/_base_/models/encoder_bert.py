# BERT base, uncased: sizes, preprocessing and the tokenizer's folder, for configs to take up. Weights come by init_cfg.
_encoder = dict(config=dict(model_type="bert", vocab_size=30522))
_padding = dict(pad_id=0, vocab_size=30522, max_len=512)
_mlm = dict(vocab_size=30522, max_len=512)
_folder = "data/pretrained/bert-base-uncased"
