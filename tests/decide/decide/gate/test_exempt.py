"""Who is exempt, and whom a selector concerns."""

import pytest

from fieldfare.decide.gate.exempt import concerns, is_exempt
from fieldfare.decide.gate.policy import Policy, Selector
from tests.decide.decide.gate.facts import facts


@pytest.mark.parametrize(
    ("change", "exempt"),
    [({}, False), ({"consent": "not_required"}, True), ({"purpose": "service"}, True), ({"consent": "granted"}, False)],
)
def test_exempt(change: dict[str, str], exempt: bool) -> None:
    assert is_exempt(facts(**change), Policy(exempt=frozenset({"service"}))) is exempt


@pytest.mark.parametrize(
    ("selector", "hit"),
    [
        (Selector(), True),
        (Selector(channels=("email", "sms")), True),
        (Selector(channels=("sms",)), False),
        (Selector(purposes=("service",)), False),
        (Selector(tags=("news",)), True),
        (Selector(tags=("other",)), False),
        (Selector(locations=("north",)), True),
        (Selector(locations=("south",)), False),
        (Selector(journeys=("win-back",)), True),
        (Selector(channels=("email",), journeys=("welcome",)), False),
    ],
)
def test_all_that_is_written_must_fit(selector: Selector, hit: bool) -> None:
    assert concerns(selector, facts(tags=("news", "x"), location="north")) is hit
