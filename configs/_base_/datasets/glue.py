# One task of GLUE; a task's config says which files. 32 sentences or pairs of up to 126 tokens per process, as released.
_loader = dict(num_workers=2, persistent_workers=True, pin_memory=True, collate_fn=dict(type="pseudo_collate"))
_texts = dict(type="GLUEDataset", tokenizer="data/pretrained/bert_uncased_tokenizer", max_tokens=126)
train_dataloader = dict(batch_size=32, **_loader, sampler=dict(type="EpochSampler", shuffle=True), dataset=dict(**_texts))
val_dataloader = dict(batch_size=64, **_loader, sampler=dict(type="EpochSampler", shuffle=False), dataset=dict(**_texts))
test_dataloader = dict(batch_size=64, **_loader, sampler=dict(type="EpochSampler", shuffle=False), dataset=dict(**_texts))
val_evaluator = dict(type="GLUEMetric")
test_evaluator = dict(type="GLUEMetric")
