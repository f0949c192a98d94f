# Recipe1M as action texts, one recipe per line: data/recipe1m/actions.txt, written by tools/data/recipe_actions.py.
train_dataloader = dict(
    batch_size=12,
    num_workers=4,
    persistent_workers=True,
    collate_fn=dict(type="pseudo_collate"),
    sampler=dict(type="EpochSampler", shuffle=True),
    dataset=dict(type="TextLines", file="data/recipe1m/actions.txt", block_size=512),
)
