"""A simulation as text."""

from fieldfare.flow.rehearsal.compare import differences
from fieldfare.flow.rehearsal.report import report_of
from fieldfare.flow.rehearsal.tell import told_simulation
from tests.decide.flow.rehearsal.counts import START, a_plan, counts, sent_at, the_rules

TODAY = report_of(a_plan(), counts(), the_rules(), [])


def test_the_page_tells_what_a_reader_looks_for() -> None:
    told = "\n".join(told_simulation({"report": TODAY, "notes": ["made up"], "differences": None}))
    for words in (
        "2026-01-05 to 2026-02-01, generated people, load 1x",
        "0 lost",
        "win-back: 5 entered, sent email 3, sms 3",
        "refused: cap_reached 2, quiet_hours 2",
        "capacity desk: 2 of 2 per 1 day at the fullest; 4 had to wait",
        "0.21 EUR",
        "delivery_success",
        "note: made up",
    ):
        assert words in told, words


def test_differences_are_told_with_their_signs() -> None:
    changed = report_of(a_plan(), counts(sent=(sent_at(START, 4),)), the_rules(), [])
    found = {"report": TODAY, "notes": [], "differences": differences(TODAY, changed)}
    assert any(line.strip().startswith("sent: sms") and line.endswith("(-3)") for line in told_simulation(found))
    same = {"report": TODAY, "notes": [], "differences": differences(TODAY, TODAY)}
    assert told_simulation(same)[-1] == "The changed rules would have done the same."
