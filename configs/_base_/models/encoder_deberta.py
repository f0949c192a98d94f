# DeBERTa base, version 1: sizes, preprocessing and the tokenizer's folder, for configs to take up. Weights come by init_cfg.
_encoder = dict(
    config=dict(
        model_type="deberta",
        vocab_size=50265,
        relative_attention=True,
        pos_att_type=["c2p", "p2c"],
        position_biased_input=False,
        type_vocab_size=0,
        layer_norm_eps=1e-07,
    )
)
_padding = dict(pad_id=0, vocab_size=50265, max_len=512)
_mlm = dict(vocab_size=50265, max_len=512, special_ids=dict(pad=0, cls=1, sep=2, unk=3, mask=50264))
_folder = "data/pretrained/deberta-base"
