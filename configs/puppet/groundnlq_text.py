# tools/train.py configs/puppet/groundnlq_text.py ; a text model of two layers that fills gaps in sentences about the puppets
_base_ = ["../_base_/default_runtime.py"]

_vocab = 320
model = dict(
    type="BertMLM",
    encoder=dict(
        config=dict(
            model_type="bert",
            vocab_size=_vocab,
            hidden_size=64,
            num_hidden_layers=2,
            num_attention_heads=4,
            intermediate_size=128,
            max_position_embeddings=64,
        )
    ),
    data_preprocessor=dict(type="MLMPreprocessor", vocab_size=_vocab, max_len=64, special_ids=dict(pad=0, unk=1, cls=2, sep=3, mask=4)),
)
train_dataloader = dict(
    batch_size=64,
    num_workers=0,
    collate_fn=dict(type="pseudo_collate"),
    sampler=dict(type="EpochSampler", shuffle=True),
    dataset=dict(
        type="TextLines",
        file="data/puppet_long/grounding/sentences.txt",
        tokenizer=dict(kind="bert", path="data/puppet_long/grounding/tokenizer", vocab_size=_vocab),
        block_size=64,
    ),
)
optim_wrapper = dict(type="OptimWrapper", optimizer=dict(type="AdamW", lr=1e-3, weight_decay=0.01), clip_grad=dict(max_norm=1.0))
param_scheduler = dict(type="LinearWarmupLR", convert_to_iter_based=True, warmup_steps=50)
train_cfg = dict(type="EpochLoop", max_epochs=4)
default_hooks = dict(checkpoint=dict(save_best=None))
