# ELECTRA base, the discriminator: sizes, preprocessing and the tokenizer's folder, for configs to take up. Weights come by init_cfg.
_encoder = dict(
    config=dict(model_type="electra", vocab_size=30522, embedding_size=768, hidden_size=768, num_attention_heads=12, intermediate_size=3072)
)
_padding = dict(pad_id=0, vocab_size=30522, max_len=512)
_mlm = dict(vocab_size=30522, max_len=512)
_folder = "data/pretrained/electra-base-discriminator"
