# WikiText-2 as token blocks of 126 in data/wikitext2/{valid,test}: 3200 blocks of its
# validation text train, 512 of its test text evaluate.
_base_ = ["./token_blocks.py"]

_loader = dict(num_workers=0, persistent_workers=False, pin_memory=False)
train_dataloader = dict(batch_size=16, **_loader, dataset=dict(tokens="data/wikitext2/valid", max_blocks=3200))
val_dataloader = dict(**_loader, dataset=dict(tokens="data/wikitext2/test", max_blocks=512))
test_dataloader = dict(**_loader, dataset=dict(tokens="data/wikitext2/test", max_blocks=512))
