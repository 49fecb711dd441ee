"""What is in force: order of acts, ties, stars, the past, and the fail-closed answers."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.ground.instants import Instant
from fieldfare.trust.consent.in_force import in_force, speaking
from fieldfare.trust.consent.model import ConsentPolicy, ConsentRecord
from tests.decide.trust.consent.records import POLICY, record


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([], "missing"),
        ([record("grant", 1)], "granted"),
        ([record("grant", 1), record("withdraw", 2)], "withdrawn"),
        ([record("grant", 1), record("deny", 2)], "denied"),
        ([record("withdraw", 1), record("grant", 2)], "granted"),
        ([record("grant", 5), record("withdraw", 3, recorded_at=9)], "granted"),  # the earlier act came late
        ([record("grant", 5), record("withdraw", 5)], "withdrawn"),  # a refusal wins the tie
        ([record("withdraw", 5), record("grant", 5, recorded_at=9)], "withdrawn"),  # also when recorded first
        ([record("grant", 5, channel="sms")], "missing"),
        ([record("grant", 5, channel="*")], "granted"),
        ([record("grant", 1), record("withdraw", 5, channel="*")], "withdrawn"),
        ([record("grant", 1), record("withdraw", 5, purpose="*", channel="*")], "withdrawn"),
        ([record("grant", 1), record("withdraw", 5, purpose="research")], "granted"),
        ([record("grant", 1, purpose="*")], "missing"),  # a grant names its purpose
        ([record("grant", 1, evidence=None)], "missing"),
        ([record("grant", 1, evidence="")], "missing"),
    ],
)
def test_marketing_by_email(records: list[ConsentRecord], expected: str) -> None:
    assert in_force(records, "marketing", "email", 10, POLICY) == expected
    assert in_force(reversed(records), "marketing", "email", 10, POLICY) == expected


@pytest.mark.parametrize(
    ("purpose", "channel", "expected"),
    [
        ("marketing", "push", "missing"),  # not declared for this channel
        ("unheard_of", "email", "missing"),
        ("research", "push", "granted"),
    ],
)
def test_what_is_not_declared_is_missing(purpose: str, channel: str, expected: str) -> None:
    records = [record("grant", 1, purpose=purpose, channel=channel)]
    assert in_force(records, purpose, channel, 10, POLICY) == expected


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([], "not_required"),
        ([record("grant", 1, purpose="transactional")], "not_required"),
        ([record("withdraw", 1, purpose="transactional")], "withdrawn"),
        ([record("withdraw", 1, purpose="*")], "not_required"),  # "all" means all that need consent
        ([record("withdraw", 1, purpose="transactional"), record("grant", 2, purpose="transactional")], "not_required"),
    ],
)
def test_a_purpose_that_needs_no_consent(records: list[ConsentRecord], expected: str) -> None:
    assert in_force(records, "transactional", "email", 10, POLICY) == expected


def test_the_past_is_seen_as_it_was_known() -> None:
    history = [record("grant", 10), record("withdraw", 20, recorded_at=25), record("grant", 30)]
    answers = [in_force(history, "marketing", "email", now, POLICY) for now in (9, 10, 24, 25, 29, 30)]
    assert answers == ["missing", "granted", "granted", "withdrawn", "withdrawn", "granted"]


def test_a_clock_that_runs_ahead_gains_nothing() -> None:
    ahead = record("grant", 1_000, received_at=10, recorded_at=10)
    assert in_force([ahead, record("withdraw", 20)], "marketing", "email", 30, POLICY) == "withdrawn"
    hasty = record("withdraw", 1_000, received_at=20, recorded_at=20)
    assert in_force([record("grant", 10), hasty], "marketing", "email", 30, POLICY) == "withdrawn"
    assert in_force([hasty, record("grant", 40)], "marketing", "email", 50, POLICY) == "granted"


def test_who_speaks_for_one_of_two_who_share_an_address() -> None:
    mine = record("grant", 1, profile_id=1, address_hash=b"a")
    theirs = record("grant", 5, profile_id=2, address_hash=b"a")
    refusal = record("withdraw", 3, profile_id=2, address_hash=b"a")
    elsewhere = record("withdraw", 4, profile_id=2, address_hash=b"b")
    everything = [mine, theirs, refusal, elsewhere]
    assert speaking(everything, {1}, b"a") == [mine, refusal]
    assert speaking(everything, {1}, None) == [mine]
    assert speaking(everything, {1, 2}, None) == everything
    assert speaking([theirs], {3}, b"a") == []


RECORDS = st.lists(
    st.builds(
        record,
        st.sampled_from(["grant", "deny", "withdraw"]),
        st.integers(0, 5),
        recorded_at=st.integers(5, 9),
        purpose=st.sampled_from(["marketing", "research", "*"]),
        channel=st.sampled_from(["email", "sms", "*"]),
        evidence=st.sampled_from(["form", None]),
    ),
    max_size=6,
)


def refusal_holds(verb: object, records: Iterable[ConsentRecord]) -> None:
    """Adding a refusal that happened last makes the answer a refusal; adding any never makes it a grant."""
    assert callable(verb)
    known = list(records)
    last = record("withdraw", 6, recorded_at=9)
    assert verb([*known, last], "marketing", "email", 10, POLICY) == "withdrawn"
    before = verb(known, "marketing", "email", 10, POLICY)
    for at in range(6):
        after = verb([*known, record("withdraw", at, recorded_at=9)], "marketing", "email", 10, POLICY)
        assert not (after == "granted" and before != "granted")


@given(RECORDS)
def test_a_refusal_never_makes_a_grant(records: list[ConsentRecord]) -> None:
    refusal_holds(in_force, records)


@given(RECORDS, st.randoms(use_true_random=False))
def test_the_order_of_records_does_not_matter(records: list[ConsentRecord], random: object) -> None:
    shuffled = list(records)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert in_force(shuffled, "marketing", "email", 10, POLICY) == in_force(records, "marketing", "email", 10, POLICY)


def test_the_check_finds_one_who_takes_the_last_recorded() -> None:
    def broken(records: list[ConsentRecord], _p: str, _c: str, _now: Instant, _policy: ConsentPolicy) -> str:
        return {"grant": "granted"}.get(records[-1].action, "withdrawn") if records else "missing"

    def greedy(records: list[ConsentRecord], _p: str, _c: str, _now: Instant, _policy: ConsentPolicy) -> str:
        return "granted" if any(each.action == "grant" for each in records) else "withdrawn"

    with pytest.raises(AssertionError):
        refusal_holds(greedy, [record("grant", 1)])
    assert broken([record("withdraw", 5), record("grant", 5)], "", "", 0, POLICY) != in_force(
        [record("withdraw", 5), record("grant", 5)], "marketing", "email", 10, POLICY
    )
