"""What follows an attempt: again, a question, or nothing more."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.act.delivery.model import Outcome, OutcomeKind
from fieldfare.act.delivery.retry import (
    FIRST_WAIT,
    LONGEST_WAIT,
    LOOK_UPS,
    MOST_ATTEMPTS,
    MOST_RESENT,
    RESEND_WAIT,
    GiveUp,
    History,
    LookUp,
    Next,
    TryAgain,
    next_attempt,
    wait_after,
)
from fieldfare.ground.instants import DAY, HOUR, MINUTE

FAILED, UNKNOWN = Outcome(kind=OutcomeKind.FAILED), Outcome(kind=OutcomeKind.UNKNOWN)


def history(**fields: object) -> History:
    return History(**{"proposal_id": "prp_1", **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(("failed", "minutes"), [(1, 1), (2, 4), (3, 16), (4, 64), (5, 256)])
def test_waits_grow_by_four(failed: int, minutes: int) -> None:
    following = next_attempt(FAILED, history(failed=failed), 0)
    assert isinstance(following, TryAgain)
    assert minutes * MINUTE <= following.at < minutes * MINUTE * 1.2


_UNKNOWN: dict[str, object] = {"unknown": 1}
CASES: list[tuple[str, Outcome, dict[str, object], Next]] = [
    ("done", Outcome(kind=OutcomeKind.HANDED_OVER), {}, GiveUp("done")),
    ("refused for good", Outcome(kind=OutcomeKind.REJECTED), {"must_arrive": True}, GiveUp("rejected")),
    ("failed too often", FAILED, {"failed": MOST_ATTEMPTS}, GiveUp("too_often")),
    ("failed, and it would come too late", FAILED, {"failed": 1, "expires_at": FIRST_WAIT}, GiveUp("too_late")),
    ("marketing is never sent again", UNKNOWN, _UNKNOWN, GiveUp("unknown")),
    ("what must arrive is, once", UNKNOWN, _UNKNOWN | {"must_arrive": True}, TryAgain(RESEND_WAIT)),
    ("and only once", UNKNOWN, {"unknown": 2, "must_arrive": True}, GiveUp("unknown")),
    ("not when too late", UNKNOWN, _UNKNOWN | {"must_arrive": True, "expires_at": MINUTE}, GiveUp("too_late")),
    ("the provider is asked first", UNKNOWN, _UNKNOWN | {"can_look_up": True}, LookUp(LOOK_UPS[0])),
    ("and again", UNKNOWN, _UNKNOWN | {"can_look_up": True, "looked_up": 1}, LookUp(LOOK_UPS[1])),
    ("to an end", UNKNOWN, _UNKNOWN | {"can_look_up": True, "looked_up": len(LOOK_UPS)}, GiveUp("unknown")),
    (
        "and what must arrive goes then",
        UNKNOWN,
        _UNKNOWN | {"can_look_up": True, "looked_up": len(LOOK_UPS), "must_arrive": True},
        TryAgain(RESEND_WAIT),
    ),
    ("who keeps our ids is told again", UNKNOWN, _UNKNOWN | {"keeps_ids": True}, TryAgain(wait_after("prp_1", 1))),
    ("a few times", UNKNOWN, {"unknown": MOST_RESENT + 1, "keeps_ids": True}, GiveUp("unknown")),
]


@pytest.mark.parametrize(
    ("outcome", "fields", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_what_follows(outcome: Outcome, fields: dict[str, object], expected: Next) -> None:
    assert next_attempt(outcome, history(**fields), 0) == expected


@given(st.text(), st.integers(0, 2**60))
def test_always_later_never_shrinking_bounded_and_the_same_again(proposal_id: str, now: int) -> None:
    waits = [wait_after(proposal_id, failed) for failed in range(1, MOST_ATTEMPTS)]
    assert waits == [wait_after(proposal_id, failed) for failed in range(1, MOST_ATTEMPTS)]
    assert all(FIRST_WAIT <= each <= LONGEST_WAIT * 1.2 for each in waits)
    assert all(a < b for a, b in pairwise(waits))
    following = next_attempt(FAILED, history(proposal_id=proposal_id, failed=1), now)
    assert following == TryAgain(now + waits[0])


def test_proposals_that_failed_together_do_not_come_back_together() -> None:
    assert len({wait_after(f"prp_{number}", 1) for number in range(50)}) > 45


def test_a_provider_is_never_called_sooner_than_it_asks() -> None:
    assert wait_after("prp_1", 1) < HOUR <= wait_after("prp_1", 1, HOUR)
    assert wait_after("prp_1", 1, 1) == wait_after("prp_1", 1), "a shorter wish changes nothing"


@given(
    kind=st.sampled_from(OutcomeKind),
    asked=st.none() | st.integers(0, DAY),
    failed=st.integers(1, 9),
    unknown=st.integers(1, 9),
    looked_up=st.integers(0, 9),
    flags=st.tuples(st.booleans(), st.booleans(), st.booleans()),
    life=st.none() | st.integers(0, DAY),
)
def test_whatever_is_tried_again_is_later_in_time_and_ends(
    kind: OutcomeKind,
    asked: int | None,
    failed: int,
    unknown: int,
    looked_up: int,
    flags: tuple[bool, bool, bool],
    life: int | None,
) -> None:
    now = 10**15
    can_look_up, keeps_ids, must_arrive = flags
    told = history(
        failed=failed,
        unknown=unknown,
        looked_up=looked_up,
        expires_at=None if life is None else now + life,
        can_look_up=can_look_up,
        keeps_ids=keeps_ids,
        must_arrive=must_arrive,
    )
    following = next_attempt(Outcome(kind=kind, retry_after_us=asked), told, now)
    if isinstance(following, TryAgain):
        assert now + (asked or 0) * (kind is OutcomeKind.FAILED) < following.at
        assert told.expires_at is None or following.at < told.expires_at
        assert kind is OutcomeKind.FAILED or must_arrive or keeps_ids, "marketing that may have gone stays gone"
    if isinstance(following, LookUp):
        assert following.at > now
        assert looked_up < len(LOOK_UPS)
