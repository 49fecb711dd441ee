"""Bad days: who is hit depends on names and the seed, and nothing is invented."""

from typing import Any

import pytest

from fieldfare.flow.rehearsal.faults import LATEST, with_faults
from fieldfare.flow.rehearsal.model import Fault, Terms
from fieldfare.ground.instants import DAY, HOUR, to_iso
from tests.decide.flow.rehearsal.counts import START, a_plan

TERMS = Terms(zone="Europe/Berlin", locations=(), wanted=(), purposes=("marketing",), channels=("email", "sms"))
Timed = tuple[int, dict[str, Any]]


def _calls(people: int = 60, each: int = 12) -> list[Timed]:
    found = []
    for number in range(each):
        for person in range(people):
            at = START + number * 5 * DAY + person * HOUR
            who = {"userId": f"m{person}", "messageId": f"{person}-{number}", "timestamp": to_iso(at)}
            found.append((at, {"type": "track", "event": "check_in", **who, "properties": {}}))
            if number == 0:
                for channel in ("email", "sms"):
                    told = {"purpose": "marketing", "channel": channel, "action": "grant"}
                    grant = {**who, "messageId": f"{person}-{channel}", "properties": told}
                    found.append((at, {"type": "track", "event": "Consent Updated", **grant}))
    return sorted(found, key=lambda one: one[0])


def _hit(*faults: Fault, seed: int = 7) -> list[Timed]:
    return list(with_faults(_calls(), a_plan(faults=frozenset(faults), seed=seed), TERMS))


@pytest.mark.parametrize("fault", [each for each in Fault if each is not Fault.OUTAGE])
def test_every_fault_hits_the_same_again_and_others_under_another_seed(fault: Fault) -> None:
    assert _hit(fault) == _hit(fault)
    assert _hit(fault) != _calls()
    assert _hit(fault) != _hit(fault, seed=8)
    assert [at for at, _ in _hit(fault)] == sorted(at for at, _ in _hit(fault))


def test_without_faults_and_in_an_outage_calls_come_as_they_are() -> None:
    assert _hit() == _hit(Fault.OUTAGE) == _calls()


def test_a_duplicate_is_the_same_call_later() -> None:
    seen: dict[str, tuple[int, dict[str, Any]]] = {}
    again = 0
    for at, call in _hit(Fault.DUPLICATES):
        first = seen.setdefault(call["messageId"], (at, call))
        again += at > first[0]
        assert call == first[1]
    assert len(seen) == len(_calls())
    assert again > 20


def test_a_late_call_says_when_it_happened_and_consent_is_never_late() -> None:
    happened = {call["messageId"]: at for at, call in _calls()}
    late = [(at - happened[call["messageId"]], call) for at, call in _hit(Fault.LATE)]
    assert 0.05 < sum(by > 0 for by, _ in late) / len(late) < 0.15
    assert max(by for by, _ in late) <= LATEST + HOUR
    assert all(by == 0 for by, call in late if call["event"] == "Consent Updated")


def test_travellers_tell_another_zone_for_a_while_and_their_own_else() -> None:
    zones: dict[str, set[str]] = {}
    for _, call in _hit(Fault.ZONES):
        if "context" in call:
            zones.setdefault(call["userId"], set()).add(call["context"]["timezone"])
    assert zones
    assert all("Europe/Berlin" in told for told in zones.values())
    assert any(len(told) > 1 for told in zones.values())


def test_who_is_met_as_a_stranger_signs_in_once() -> None:
    strangers = [call for _, call in _hit(Fault.MERGES) if "anonymousId" in call]
    signs_in = [call for call in strangers if call["type"] == "identify"]
    assert signs_in
    assert len({call["userId"] for call in signs_in}) == len(signs_in)
    assert sum(call["type"] == "track" for call in strangers) == 3 * len(signs_in)


def test_partial_consent_takes_grants_away_and_withdraws() -> None:
    consents = [call for _, call in _hit(Fault.PARTIAL) if call["event"] == "Consent Updated"]
    actions = [call["properties"]["action"] for call in consents]
    assert 0 < 120 - actions.count("grant") < 60
    assert 0 < actions.count("withdraw") < 30
