"""The report of a simulation, from counts."""

from fieldfare.flow.rehearsal.report import report_of
from fieldfare.ground.instants import DAY, HOUR
from tests.decide.flow.rehearsal.counts import START, a_plan, counts, sent_at, the_rules

REPORT = report_of(a_plan(), counts(), the_rules(), [])


def test_what_was_given_and_is_nowhere_is_lost() -> None:
    assert REPORT["events"]["lost"] == 0
    assert report_of(a_plan(), counts(given=1_001), the_rules(), [])["events"]["lost"] == 1


def test_a_journey_is_told_by_week_and_as_a_whole() -> None:
    quiet, win_back = REPORT["journeys"]
    assert quiet == {"journey": "quiet", "total": quiet["total"], "weeks": []}
    assert quiet["total"]["entered"] == 0
    total = win_back["total"]
    assert (total["entered"], total["sent"], total["cost"]) == (5, {"email": 3, "sms": 3}, 21)
    assert total["refused"] == {"cap_reached": 2, "quiet_hours": 2}
    assert (total["deferred"], total["deferred_by"]) == (4, {"capacity_reached": 4})
    assert (total["ended"], total["turned_away"]) == ({"goal": 1}, {"gate": 4})
    first, second = win_back["weeks"]
    assert (first["week"], first["entered"], first["sent"]) == ("2026-01-05", 3, {"email": 1})
    assert (second["week"], second["entered"], second["sent"]) == ("2026-01-12", 2, {"email": 2, "sms": 3})


def test_the_busiest_hour_is_the_earliest_of_the_fullest() -> None:
    assert REPORT["events"]["peak_per_hour"] == 60
    assert REPORT["messages"]["peak_per_hour"] == 5
    assert REPORT["messages"]["peak_at"] == "2026-01-13T00:00:00Z"
    assert REPORT["messages"]["by_channel"]["email"]["peak_per_hour"] == 2


def test_limits_are_told_at_their_fullest_over_any_stretch_of_their_length() -> None:
    sent = (sent_at(START + 20 * HOUR, 3), sent_at(START + 26 * HOUR, 4), sent_at(START + 80 * HOUR, 5))
    desk, month = report_of(a_plan(), counts(sent=sent), the_rules(), [])["limits"]
    assert (desk["fullest"], desk["kind"], desk["deferred"]) == (7, "capacity", 4)
    assert (month["fullest"], month["kind"], month["deferred"]) == (0, "budget", 0)


def test_tasks_of_people_are_counted_by_day() -> None:
    sent = (sent_at(START, 2, "calls"), sent_at(START + DAY, 3, "calls"), sent_at(START, 9))
    found = report_of(a_plan(), counts(sent=sent), the_rules(), [])["tasks"]
    assert found == {"created": 5, "busiest_day": "2026-01-06", "most_a_day": 3}
    assert REPORT["tasks"]["created"] == 0


def test_caps_are_refusals_alone() -> None:
    assert REPORT["caps"] == {"cap_reached": {"email": 2}}
