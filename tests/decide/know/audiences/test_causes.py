"""Only what happens live, and time, starts something."""

from fieldfare.collect.model import Mode
from fieldfare.know.audiences.causes import LIVE, Cause
from fieldfare.know.identity.acts import ActKind


def test_only_live_events_and_time_start_something() -> None:
    assert frozenset({"event", "time"}) == LIVE


def test_every_mode_and_every_act_on_people_is_a_cause() -> None:
    causes = {each.value for each in Cause}
    assert {mode.value for mode in Mode} - {"live"} <= causes
    assert {act.value for act in ActKind} - {"dismiss"} <= causes
