"""``docs/reference/playbooks.md`` names every journey of the examples, with timings that stand in its file."""

import re

from tests.scenarios.example_engine import EXAMPLES, EXAMPLES_WITHIN

PAGE = EXAMPLES.parent / "docs" / "reference" / "playbooks.md"
ROW = re.compile(r"^\| (?P<title>[^|]+) \| (?P<example>[a-z-]+) \| `(?P<journey>[a-z0-9-]+)` \| (?P<timings>[^|]+) \|$")
ASKED = {
    *("Soft nudge", "Product value highlight", "Education drip", "Friction removal", "Social proof"),
    *("Reactivation offer", "Boutique studio A", "Boutique studio B", "Onboarding, club", "First 7 days"),
    *("Weekend win-back", "30/60/90 win-back: 30", "30/60/90 win-back: 60", "30/60/90 win-back: 90"),
    *("VIP cross-sell", "Flash sale", "Two-hour escalation", "Renewal", "Appointment", "Waitlist", "Clinic intake"),
    *("Order status", "Incident", "Birthday group", "Overdue patients", "Cart abandonment", "Trial-lead nurture"),
    *("App adoption", "Cross-class invitation", "New member encouragement", "Payment recovery", "Rebook"),
    *("Browse abandonment", "Replenishment", "Peak engagement", "Off-season reactivation", "Outage apology"),
}
"""The playbooks that the library promises, by title."""


def rows() -> list[dict[str, str]]:
    matches = (ROW.match(line) for line in PAGE.read_text(encoding="utf-8").splitlines())
    return [match.groupdict() for match in matches if match is not None]


def test_every_promised_playbook_stands_in_an_example() -> None:
    assert {row["title"] for row in rows()} >= ASKED


def test_every_journey_of_the_examples_is_told_once() -> None:
    there = sorted((each.name, path.stem) for each in EXAMPLES_WITHIN for path in each.glob("journeys/*.yaml"))
    assert sorted((row["example"], row["journey"]) for row in rows()) == there


def lacking(row: dict[str, str]) -> list[str]:
    text = (EXAMPLES / row["example"] / "journeys" / f"{row['journey']}.yaml").read_text(encoding="utf-8")
    spans = [span.strip() for span in row["timings"].split(";")]
    return [span for span in spans if span != "day 0" and not re.search(rf"\b{re.escape(span)}\b", text)]


def test_every_timing_stands_in_the_file_of_its_journey() -> None:
    assert {row["journey"]: missing for row in rows() if (missing := lacking(row))} == {}


def test_planted_a_timing_that_is_not_there_is_found() -> None:
    assert lacking({**rows()[0], "timings": "2 days; 99 days"}) == ["99 days"]
