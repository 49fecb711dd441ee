"""What is in force by time, by place, after a STOP and after a merge; and that the oracle agrees with the verb."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.ground.instants import DAY, parse_iso
from fieldfare.trust.consent.in_force import answer, in_force
from fieldfare.trust.consent.model import Basis, ConsentPolicy, ConsentRecord, InForce, Purpose, Span
from fieldfare.trust.consent.replay import CallStart, breaches
from fieldfare.trust.consent.span import after, parse_span
from tests.decide.trust.consent.records import record

POLICY = ConsentPolicy(
    {
        "marketing": Purpose("marketing", expires_after=Span(days=10)),
        "research": Purpose("research"),
        "local": Purpose("local", by_location=True),
        "service": Purpose("service", required=False, basis=Basis.CONTRACT),
        "advice": Purpose("advice", required=False, basis=Basis.LEGITIMATE_INTERESTS),
    }
)
STOP: dict[str, Any] = {"method": "stop_word", "address_hash": b"n", "purpose": "*", "channel": "*"}
START = STOP | {"method": "start_word"}


def held(*records: ConsentRecord, at: int = 100, purpose: str = "marketing", **more: object) -> str:
    asked: Callable[..., InForce] = in_force
    return asked(records, purpose, "email", at, POLICY, **more).value


def test_a_grant_ends_by_time_alone_and_a_refresh_prolongs_it() -> None:
    grant = record("grant", 5)
    end = 5 + 10 * DAY
    assert [held(grant, at=at) for at in (5, end - 1, end)] == ["granted", "granted", "expired"]
    assert answer([grant], "marketing", "email", 6, POLICY).until == end
    refresh = record("refresh", 5 + DAY)
    assert held(grant, refresh, at=end) == "granted"
    assert held(grant, refresh, at=end + DAY) == "expired"
    assert held(grant, record("refresh", end), at=end) == "expired", "what has ended is not prolonged"
    assert held(refresh, at=10 * DAY) == "missing", "a refresh grants nothing"
    assert held(grant, record("refresh", 5 + DAY, evidence=None), at=end) == "expired"
    assert held(grant, record("withdraw", 6), record("refresh", 7), at=8) == "withdrawn"


def test_the_end_that_was_fixed_holds_though_the_purpose_lasts_longer_now() -> None:
    assert held(record("grant", 5, expires_at=50), at=49) == "granted"
    assert held(record("grant", 5, expires_at=50), at=50) == "expired"
    assert held(record("grant", 5, expires_at=50, purpose="research"), at=50, purpose="research") == "expired"


def test_an_expiry_that_was_told_ends_the_grants_before_it() -> None:
    assert held(record("grant", 5), record("expire", 6)) == "expired"
    assert held(record("grant", 5), record("expire", 6), record("grant", 7)) == "granted"


def test_an_unconfirmed_grant_counts_for_nothing() -> None:
    assert held(record("grant", 5, confirmed=False)) == "missing"
    assert held(record("grant", 5, confirmed=False), record("grant", 6, confirms="x")) == "granted"


@pytest.mark.parametrize(
    ("purpose", "action", "expected"),
    [
        ("marketing", "object", "objected"),
        ("advice", "object", "objected"),
        ("advice", "withdraw", "not_required"),
        ("service", "object", "not_required"),
    ],
)
def test_how_far_a_refusal_of_everything_reaches(purpose: str, action: str, expected: str) -> None:
    grant = record("grant", 5, purpose=purpose)
    assert held(grant, record(action, 6, purpose="*", channel="*"), purpose=purpose) == expected


def test_a_grant_for_a_place_counts_there_only() -> None:
    here = record("grant", 5, purpose="local", scope="club-1")
    assert held(here, purpose="local") == "missing"
    assert held(here, purpose="local", scope=("club-1", "north")) == "granted"
    assert held(here, purpose="local", scope=("club-2", "north")) == "missing"
    everywhere = record("grant", 5, purpose="local")
    not_here = record("withdraw", 6, purpose="local", scope="club-1")
    assert held(everywhere, not_here, purpose="local", scope=("club-1",)) == "withdrawn"
    assert held(everywhere, not_here, purpose="local", scope=("club-2",)) == "granted"
    assert held(everywhere, not_here, purpose="local") == "granted"


def test_start_lifts_a_stop_of_its_number_and_nothing_else() -> None:
    grant = record("grant", 1)
    stop, start = record("withdraw", 5, **STOP), record("refresh", 6, **START)
    assert held(grant, stop) == "withdrawn"
    assert held(grant, stop, start) == "granted"
    assert held(stop, start) == "missing", "START grants nothing"
    assert held(grant, stop, record("withdraw", 4), start) == "withdrawn", "another refusal stands"
    assert held(grant, stop, record("refresh", 6, **START | {"address_hash": b"m"})) == "withdrawn"
    assert held(grant, stop, start, record("withdraw", 7, **STOP)) == "withdrawn"
    assert held(grant, record("withdraw", 6, **STOP), start) == "withdrawn", "at the same instant the refusal wins"


def test_of_two_who_were_merged_the_more_restrictive_counts() -> None:
    refused, granted = record("withdraw", 3, profile_id=2), record("grant", 5, profile_id=1)
    assert held(refused, granted, united={2: 50}) == "withdrawn"
    assert held(refused, granted, record("grant", 60, profile_id=1), united={2: 50}) == "granted"
    assert held(record("withdraw", 3, profile_id=1), granted, united={2: 50}) == "granted", "of one and the same"


def test_lengths() -> None:
    assert parse_span("24 months") == Span(months=24)
    assert parse_span("2 years") == Span(months=24)
    assert parse_span("3 weeks") == Span(days=21)
    assert "24 months" in str(parse_span("24"))
    assert "months" in str(parse_span("0 days"))
    at = parse_iso("2024-01-31T10:00:00")
    assert after(at, Span(months=1)) == parse_iso("2024-02-29T10:00:00")
    assert after(at, Span(months=12)) == parse_iso("2025-01-31T10:00:00")
    assert after(at, Span(days=1)) == at + DAY


ACTS = st.sampled_from(["grant", "deny", "withdraw", "object", "expire", "refresh"])
RECORDS = st.lists(
    st.builds(
        record,
        ACTS,
        st.integers(0, 5),
        recorded_at=st.integers(5, 9),
        purpose=st.sampled_from(["research", "*"]),
        channel=st.sampled_from(["email", "*"]),
        evidence=st.sampled_from(["form", None]),
        expires_at=st.sampled_from([None, 3, 12]),
        method=st.sampled_from([None, "stop_word", "start_word"]),
        address_hash=st.sampled_from([None, b"n"]),
        profile_id=st.sampled_from([1, 2]),
        confirmed=st.booleans(),
        name=st.uuids().map(str),
    ),
    max_size=6,
)
REFUSALS = st.builds(
    record,
    st.sampled_from(["deny", "withdraw", "object"]),
    st.integers(0, 5),
    recorded_at=st.integers(5, 9),
    purpose=st.sampled_from(["research", "*"]),
    channel=st.sampled_from(["email", "*"]),
    method=st.sampled_from([None, "stop_word"]),
    profile_id=st.sampled_from([1, 2]),
    address_hash=st.sampled_from([None, b"n"]),
    name=st.just("added"),
)
UNITED = st.sampled_from([{}, {2: 7}])


@given(RECORDS, REFUSALS, UNITED)
def test_a_refusal_never_makes_a_grant(
    records: list[ConsentRecord], refusal: ConsentRecord, united: dict[int, int]
) -> None:
    before = in_force(records, "research", "email", 10, POLICY, (), united)
    after_it = in_force([*records, refusal], "research", "email", 10, POLICY, (), united)
    assert not (after_it is InForce.GRANTED and before is not InForce.GRANTED)


@given(RECORDS, st.randoms(use_true_random=False), UNITED)
def test_the_order_of_records_does_not_matter(
    records: list[ConsentRecord], random: object, united: dict[int, int]
) -> None:
    shuffled = list(records)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    first = answer(records, "research", "email", 10, POLICY, (), united)
    assert answer(shuffled, "research", "email", 10, POLICY, (), united) == first


@given(RECORDS, UNITED)
def test_what_the_verb_grants_is_no_breach_for_the_oracle(records: list[ConsentRecord], united: dict[int, int]) -> None:
    if in_force(records, "research", "email", 10, POLICY, (), united) is InForce.GRANTED:
        call = CallStart(
            proposal_id="p", profile_ids=(1, 2), address_hash=b"n", purpose="research", channel="email", at=10
        )
        assert breaches(records, [], [call], POLICY) == []


def test_the_oracle_tells_what_has_ended() -> None:
    call = CallStart(proposal_id="p", profile_ids=(1,), address_hash=b"n", purpose="research", channel="email", at=60)
    found = breaches([record("grant", 5, purpose="research", expires_at=50)], [], [call], POLICY)
    assert [each.kind for each in found] == ["expired"]
