# BERT of 6 layers, 512 wide, with a fresh pooler and a linear head; model.checkpoint names the student to start from.
model = dict(
    type="TextClassifier",
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
    num_classes=2,
    checkpoint="work_dirs/wiki103_student_small_nst/epoch_40.pth",
    dropout=0.1,
    data_preprocessor=dict(type="TextPreprocessor", vocab_size=30522, max_len=126),
)
