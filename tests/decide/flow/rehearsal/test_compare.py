"""Two reports of the same people."""

from fieldfare.flow.rehearsal.compare import differences
from fieldfare.flow.rehearsal.report import report_of
from tests.decide.flow.rehearsal.counts import START, a_plan, counts, sent_at, the_rules

TODAY = report_of(a_plan(), counts(), the_rules(), [])


def test_the_same_rules_differ_in_nothing() -> None:
    assert differences(TODAY, TODAY) == {"journeys": [], "whole": {}}


def test_every_number_that_differs_is_told_by_journey() -> None:
    changed = report_of(a_plan(), counts(sent=(sent_at(START, 4),)), the_rules(journeys=("other", "win-back")), [])
    found = differences(TODAY, changed)
    assert [(each["journey"], each["how"]) for each in found["journeys"]] == [
        ("other", "added"),
        ("quiet", "removed"),
        ("win-back", "kept"),
    ]
    assert found["journeys"][2]["differs"] == [
        {"what": "cost", "today": 21, "changed": 0, "change": -21},
        {"what": "sent: email", "today": 3, "changed": 4, "change": 1},
        {"what": "sent: sms", "today": 3, "changed": 0, "change": -3},
    ]
    assert found["whole"]["sent"] == {"today": 6, "changed": 4, "change": -2}
