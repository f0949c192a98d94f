# tools/dist_train.sh configs/vidlankd/wiki103_student_small_crd.py 4
# The student: in-batch contrast with the teacher's tokens (the release calls it CRD).
_base_ = ["./wiki103_student_small_nst.py"]

_contrast = dict(
    loss=dict(type="InBatchContrast", temperature=1.0, reduction="published"),
    student="hidden",
    teacher="hidden",
    connector=dict(type="MLPConnector", in_features=512),
    name="kd2",
)
model = dict(terms=[_contrast])
