# tools/dist_train.sh configs/vidlankd/wiki_student_base_nst_crd.py 4
# The student: both terms.
_base_ = ["./wiki_student_base_crd.py"]

_transfer = dict(
    loss=dict(type="NST", reduction="published", teacher_term=False),
    student="hidden",
    teacher="hidden",
    connector=dict(type="MLPConnector", in_features=768),
    name="kd1",
)
model = dict(terms=[_transfer, *_base_.model.terms])
