"""The list of exceptions covers exactly what it names."""

from tests.house.exemptions import EXEMPTIONS, Exemption, settle
from tests.house.sources import Finding

_LIST = (Exemption("shape", "a.py", "is too long", "it is a table"),)


def test_an_exempted_finding_is_silent_and_others_are_not() -> None:
    findings = [Finding("a.py", "is too long"), Finding("b.py", "is too long")]
    assert settle("shape", findings, _LIST) == ["b.py: is too long"]


def test_an_exemption_that_nothing_needs_is_reported() -> None:
    assert settle("shape", [], _LIST) == [
        "a.py: is too long: this exemption from `shape` is no longer needed; remove it"
    ]
    assert settle("calls", [], _LIST) == []


def test_every_exemption_has_a_reason() -> None:
    assert [each for each in EXEMPTIONS if len(each.reason) < 20] == []
