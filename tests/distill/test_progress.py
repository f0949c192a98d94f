import pytest

from mmxkd.distill.progress import Progress, Schedule
from mmxkd.errors import ConfigError


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (Schedule(), [True] * 6),
        (Schedule(start=2, stop=4), [False, False, True, True, False, False]),
        (Schedule(stop=1, by="epoch"), [True, True, True, False, False, False]),
        (Schedule(start=0.5, by="fraction"), [False, False, False, True, True, True]),
    ],
)
def test_spans(schedule, expected):
    assert [schedule.active(Progress(step, 6, step // 3, 2)) for step in range(6)] == expected


@pytest.mark.parametrize("options", [dict(by="step"), dict(start=3, stop=3), dict(start=-1), dict(stop=2, by="fraction")])
def test_impossible_spans_are_errors(options):
    with pytest.raises(ConfigError, match="term"):
        Schedule(**options)
