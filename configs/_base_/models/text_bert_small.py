# BERT of 2 layers, 128 wide, from random weights over a vocabulary of whole words; three heads, sizes set by the config.
model = dict(
    type="TextAnticipator",
    encoder=dict(
        config=dict(
            model_type="bert",
            vocab_size=3000,
            hidden_size=128,
            num_hidden_layers=2,
            num_attention_heads=4,
            intermediate_size=512,
            max_position_embeddings=512,
        )
    ),
    data_preprocessor=dict(type="TextPreprocessor", pad_id=0, max_len=512, vocab_size=3000),
)
custom_hooks = [dict(type="TrainingSetHook")]
