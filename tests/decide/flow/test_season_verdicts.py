"""Readiness from facts: each limit from both sides, and what was never measured."""

from typing import Any

import msgspec
import pytest

from fieldfare.flow.season_verdicts import Facts, Verdict, checks_of, verdict_of

ROOM = {"kind": "events", "unit": "a second", "expected": 4.0, "most_seen": 20.0, "head_room": 5.0}
GOOD = Facts(
    health={"ok": True, "failing": {}},
    events=10_000,
    dead_letters=0,
    contract_violations=0,
    violated={},
    identity_holds=3,
    profiles=1_000,
    consented=700,
    templates={"welcome": True},
    capacity=[ROOM],
    capacity_lack="",
)


def verdict(check: str, **changed: Any) -> Verdict:
    found = {each.check: each for each in checks_of(msgspec.structs.replace(GOOD, **changed))}
    one = found[check]
    assert (one.fix == "") == (one.verdict is Verdict.OK)
    return one.verdict


def test_all_is_well() -> None:
    assert {each.verdict for each in checks_of(GOOD)} == {Verdict.OK}
    assert verdict_of(checks_of(GOOD)) is Verdict.OK


@pytest.mark.parametrize(
    ("check", "changed", "expected"),
    [
        ("data_quality", {"health": {"ok": None, "failing": {}}}, Verdict.UNKNOWN),
        ("data_quality", {"health": {"ok": False, "failing": {"x of app": "low"}}}, Verdict.WARN),
        ("dead_letters", {"dead_letters": 50}, Verdict.WARN),
        ("dead_letters", {"dead_letters": 500}, Verdict.BAD),
        ("dead_letters", {"events": 0}, Verdict.UNKNOWN),
        ("contracts", {"contract_violations": 1, "violated": {"booked": 1}}, Verdict.WARN),
        ("identity_holds", {"identity_holds": 10}, Verdict.OK),
        ("identity_holds", {"identity_holds": 11}, Verdict.WARN),
        ("consent", {"consented": 499}, Verdict.WARN),
        ("consent", {"consented": 500}, Verdict.OK),
        ("consent", {"profiles": 0, "consented": 0}, Verdict.UNKNOWN),
        ("templates", {"templates": {"welcome": False}}, Verdict.BAD),
        ("capacity", {"capacity": [], "capacity_lack": "too short"}, Verdict.UNKNOWN),
        ("capacity_events", {"capacity": [ROOM | {"head_room": 1.5}]}, Verdict.OK),
        ("capacity_events", {"capacity": [ROOM | {"head_room": 1.4}]}, Verdict.WARN),
        ("capacity_events", {"capacity": [ROOM | {"head_room": None}]}, Verdict.UNKNOWN),
        ("capacity_events", {"capacity": [ROOM | {"head_room": None, "expected": 0.0}]}, Verdict.OK),
    ],
)
def test_verdicts(check: str, changed: dict[str, Any], expected: Verdict) -> None:
    assert verdict(check, **changed) is expected


def test_the_worst_counts() -> None:
    bad = msgspec.structs.replace(GOOD, templates={"welcome": False}, profiles=0)
    assert verdict_of(checks_of(bad)) is Verdict.BAD
    assert verdict_of([]) is Verdict.UNKNOWN
