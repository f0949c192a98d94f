# ALBERT base, version 2: sizes, preprocessing and the tokenizer's folder, for configs to take up. Weights come by init_cfg.
_encoder = dict(
    config=dict(
        model_type="albert",
        vocab_size=30000,
        hidden_size=768,
        num_attention_heads=12,
        intermediate_size=3072,
        hidden_act="gelu_new",
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
)
_padding = dict(pad_id=0, vocab_size=30000, max_len=512)
_mlm = dict(vocab_size=30000, max_len=512, special_ids=dict(pad=0, unk=1, cls=2, sep=3, mask=4))
_folder = "data/pretrained/albert-base-v2"
