# BERT of 6 layers, 512 wide, with its masked-language-model head, over the uncased vocabulary.
model = dict(
    type="BertMLM",
    encoder=dict(
        config=dict(
            model_type="bert",
            vocab_size=30522,
            hidden_size=512,
            num_hidden_layers=6,
            num_attention_heads=8,
            intermediate_size=2048,
            layer_norm_eps=1e-12,
        )
    ),
    # As released: 15 %, random words may be special ids.
    data_preprocessor=dict(type="MLMPreprocessor", vocab_size=30522, probability=0.15, special_replacements=True, max_len=512),
)
