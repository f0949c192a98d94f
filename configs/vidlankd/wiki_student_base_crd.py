# tools/dist_train.sh configs/vidlankd/wiki_student_base_crd.py 4
# The student: in-batch contrast with the teacher's tokens (the release calls it CRD).
_base_ = ["./wiki_student_base_nst.py"]

_contrast = dict(
    loss=dict(type="InBatchContrast", temperature=1.0, reduction="published"),
    student="hidden",
    teacher="hidden",
    connector=dict(type="MLPConnector", in_features=768),
    name="kd2",
)
model = dict(terms=[_contrast])
