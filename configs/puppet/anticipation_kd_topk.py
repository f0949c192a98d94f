# tools/train.py configs/puppet/anticipation_kd_topk.py ; only the 10 classes the teacher thinks likeliest are compared, as published
_base_ = ["./anticipation_kd.py"]
_loss = dict(type="ClassSubsetKL", temperature=2.0, mode="top_k", k=10)
model = dict(terms=[dict(loss=_loss, student="logits", teacher="logits", weight=2.0, name="kd")])
