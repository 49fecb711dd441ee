"""``schedule.yaml``: what is read, and what is refused."""

import pytest

from fieldfare.flow.schedule.files import DutyEntry, ScheduleFile
from fieldfare.flow.schedule.model import Duty, Schedule, Work
from fieldfare.flow.schedule.parse import parse_schedule


def test_a_schedule_is_read() -> None:
    file = ScheduleFile(
        work=[
            DutyEntry(work="rehearse", phases=["january.prepare"], every="2 weeks", people=300),
            DutyEntry(work="compact", phases=["off", "off"], inactive="90 days"),
        ],
        at="04:15",
    )
    assert parse_schedule(file) == (
        Schedule(
            at=255,
            duties=(
                Duty(work=Work.REHEARSE, phases=("january.prepare",), every_days=14, people=300),
                Duty(work=Work.COMPACT, phases=("off",), inactive_days=90),
            ),
        ),
        [],
    )


@pytest.mark.parametrize(
    ("entries", "path", "what"),
    [
        ([DutyEntry(work="enrich", phases=["summer"])], ("work", 0, "phases", 0), "`summer` is no phase"),
        (
            [DutyEntry(work="enrich", phases=["peak"], every="2 hours")],
            ("work", 0, "every"),
            "`2 hours` is no number of days",
        ),
        (
            [DutyEntry(work="compact", phases=["off"], inactive="0 days")],
            ("work", 0, "inactive"),
            "`0 days` is no number of days",
        ),
        ([DutyEntry(work="enrich", phases=["peak"])] * 2, ("work", 1, "phases"), "`enrich` stands twice for `peak`"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(
    entries: list[DutyEntry], path: tuple[str | int, ...], what: str
) -> None:
    made, problems = parse_schedule(ScheduleFile(work=entries))
    assert made is None
    assert [(each.path, each.what) for each in problems] == [(path, what)]


def test_an_hour_that_is_none_is_refused() -> None:
    made, problems = parse_schedule(ScheduleFile(work=[], at="25:00"))
    assert (made, [each.path for each in problems]) == (None, [("at",)])
