"""Facts out of a recorded verdict."""

import pytest

from fieldfare.decide.gate.model import Mode
from fieldfare.decide.gate.policy import Policy, Selector
from fieldfare.flow.redecide.facts import facts_of, unknown_to, unreadable
from fieldfare.flow.redecide.model import Recorded
from tests.decide.flow.redecide.recorded import NOON, PROPOSALS, a_row, read, summarised

ROW = a_row(1, NOON)


def _facts(row: Recorded):  # type: ignore[no-untyped-def] # noqa: ANN202 - what the gate looks at
    return facts_of(row, PROPOSALS["prp_1"], phases=row.phases, sent=(), permitted=(), used={"desk": 2})


def test_what_is_recorded_comes_back() -> None:
    told = read(tags=["offer"], location="north", mode="read_only", held_out=["x"], walks=["w"], in_control=True)
    found = _facts(a_row(1, NOON, "refusal", "on_hold", read=told, on_hold={"holds": []}, render={}))
    assert (found.tags, found.location, found.on_hold, found.rendered) == (("offer",), "north", True, False)
    assert (found.controls.mode, found.controls.held_out, found.controls.in_control) == (Mode.READ_ONLY, ("x",), True)
    assert (found.controls.walks, found.controls.used) == (("w",), {"desk": 2})


def test_silence_means_that_nothing_spoke_against_it() -> None:
    found = _facts(ROW)
    assert (found.on_hold, found.rendered, found.verified, found.consent_pending) == (False, True, True, False)
    assert found.controls.mode is Mode.ON
    assert found.controls.pauses == ()


@pytest.mark.parametrize(
    ("row", "known", "why"),
    [
        (ROW, True, None),
        (summarised(ROW), True, "inputs_forgotten"),
        (ROW, False, "proposal_gone"),
        (a_row(1, NOON, read=read(rules="1")), True, "other_rules"),
    ],
)
def test_what_cannot_be_read_says_why(row: Recorded, known: bool, why: str | None) -> None:
    assert unreadable(row, PROPOSALS["prp_1"] if known else None) == why


def test_new_rules_about_verified_addresses_cannot_be_told() -> None:
    strict = Policy(verified=(Selector(channels=("email",)),))
    assert unknown_to(_facts(ROW), Policy(), strict) == "verified_unknown"
    assert unknown_to(_facts(ROW), strict, strict) is None
    assert unknown_to(_facts(ROW), strict, Policy()) is None
