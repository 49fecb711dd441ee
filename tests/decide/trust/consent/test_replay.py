"""The oracle that replays calls against the ledger: it finds what it must, and it finds a gate without its rule."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.decide.gate import rules
from fieldfare.decide.gate.judge import judge_by
from fieldfare.decide.gate.model import Permit
from fieldfare.decide.gate.policy import Policy
from fieldfare.decide.gate.rules import Rule
from fieldfare.ground.instants import Instant
from fieldfare.trust.consent.in_force import in_force
from fieldfare.trust.consent.model import ConsentRecord, Suppression
from fieldfare.trust.consent.replay import Breach, CallStart, Replay, breaches, replay
from tests.decide.decide.gate.facts import facts
from tests.decide.trust.consent.records import POLICY, record

ADDRESS = b"address"


def call(at: Instant, *, purpose: str = "marketing", channel: str = "email", profile_id: int = 1) -> CallStart:
    name = f"prp_{at}"
    return CallStart(
        proposal_id=name, profile_ids=(profile_id,), address_hash=ADDRESS, purpose=purpose, channel=channel, at=at
    )


def hush(since_at: Instant) -> Suppression:
    return Suppression(address_hash=ADDRESS, reason="bounce", since_at=since_at, source="smtp")


@pytest.mark.parametrize(
    ("ledger", "hushed", "start", "kind"),
    [
        ([record("grant", 1)], [], call(5), None),
        ([], [], call(5), "ungranted"),
        ([record("grant", 6)], [], call(5), "ungranted"),
        ([record("grant", 1), record("withdraw", 4)], [], call(5), "refused"),
        ([record("grant", 1), record("deny", 4)], [], call(5), "refused"),
        ([record("grant", 1), record("withdraw", 5)], [], call(5), None),  # the same microsecond
        ([record("grant", 1), record("withdraw", 2, recorded_at=6)], [], call(5), None),  # not known yet
        ([record("grant", 1), record("withdraw", 2), record("grant", 3)], [], call(5), None),
        ([record("grant", 1), record("withdraw", 4, purpose="*", channel="*")], [], call(5), "refused"),
        ([record("grant", 1), record("withdraw", 4, profile_id=2, address_hash=ADDRESS)], [], call(5), "refused"),
        ([record("grant", 1), record("withdraw", 4, profile_id=2)], [], call(5), None),
        ([record("grant", 1)], [hush(4)], call(5), "suppressed"),
        ([record("grant", 1)], [hush(5)], call(5), None),
        ([], [], call(5, purpose="transactional"), None),
        ([record("withdraw", 1, purpose="transactional")], [], call(5, purpose="transactional"), "refused"),
        ([record("withdraw", 1, purpose="*")], [], call(5, purpose="transactional"), None),
        ([record("grant", 1, channel="*")], [], call(5, channel="push"), "ungranted"),
        ([], [], call(5, purpose="unheard_of"), "ungranted"),
    ],
)
def test_one_call(ledger: list[ConsentRecord], hushed: list[Suppression], start: CallStart, kind: str | None) -> None:
    assert [each.kind for each in breaches(ledger, hushed, [start], POLICY)] == ([] if kind is None else [kind])


def test_the_denominator() -> None:
    found = replay([record("grant", 1), record("withdraw", 4)], [], [call(3), call(5), call(6)], POLICY)
    assert found == Replay(
        3,
        (
            Breach(proposal_id="prp_5", kind="refused", at=5, since=4),
            Breach(proposal_id="prp_6", kind="refused", at=6, since=4),
        ),
    )


LEDGERS = st.lists(
    st.builds(
        record,
        st.sampled_from(["grant", "grant", "deny", "withdraw"]),
        st.integers(0, 30),
        purpose=st.sampled_from(["marketing", "transactional", "*"]),
        channel=st.sampled_from(["email", "sms", "*"]),
        evidence=st.sampled_from(["form", None]),
    ),
    max_size=8,
    unique_by=lambda each: each.id,  # one id is one record
)


def run(checks: Sequence[Rule], ledger: list[ConsentRecord], hushed: list[Suppression]) -> Replay:
    """Judge one wish per instant by what is recorded, start the call of each permit, and replay."""
    calls = []
    for now in range(40):
        for purpose in ("marketing", "transactional"):
            known = facts(
                id=f"{now}{purpose}",
                purpose=purpose,
                expires_at=100,
                consent=in_force(ledger, purpose, "email", now, POLICY).value,
                suppressed_since=next((each.since_at for each in hushed if each.since_at <= now), None),
            )
            (verdict,) = judge_by(checks, [known], Policy(), now)
            if isinstance(verdict, Permit):
                calls.append(call(now, purpose=purpose))
    return replay(ledger, hushed, calls, POLICY)


@given(LEDGERS, st.lists(st.integers(0, 40).map(hush), max_size=1))
def test_the_gate_and_the_oracle_agree(ledger: list[ConsentRecord], hushed: list[Suppression]) -> None:
    found = run(rules.RULES, ledger, hushed)
    assert found.breaches == ()


def test_the_agreement_is_not_empty() -> None:
    assert run(rules.RULES, [record("grant", 1)], []).calls == 79


@pytest.mark.parametrize(("forgotten", "kind"), [("consent", "refused"), ("suppressed", "suppressed")])
def test_the_oracle_finds_a_gate_without_its_rule(forgotten: str, kind: str) -> None:
    left = [rule for rule in rules.RULES if rule.__name__ != forgotten]
    found = run(left, [record("grant", 1), record("withdraw", 10)], [hush(20)])
    assert kind in {each.kind for each in found.breaches}
    assert found.calls >= len(found.breaches) > 0
