# RoBERTa base: sizes, preprocessing and the tokenizer's folder, for configs to take up. Weights come by init_cfg.
_encoder = dict(config=dict(model_type="roberta", vocab_size=50265, max_position_embeddings=514, type_vocab_size=1, layer_norm_eps=1e-05))
_padding = dict(pad_id=1, vocab_size=50265, max_len=512)
_mlm = dict(vocab_size=50265, max_len=512, special_ids=dict(cls=0, pad=1, sep=2, unk=3, mask=50264))
_folder = "data/pretrained/roberta-base"
