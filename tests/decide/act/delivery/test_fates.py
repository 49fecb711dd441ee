"""Receipts in any order, any number of times, come to one fate."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.act.delivery.fates import REPORTED, Fate, Rank, Report, fate_of

REPORTS = st.lists(
    st.builds(
        Report,
        status=st.sampled_from(REPORTED),
        at=st.integers(0, 20),
        code=st.none() | st.sampled_from(["550", "30003"]),
        is_soft=st.booleans(),
        is_machine=st.booleans(),
    ),
    max_size=8,
)


def told(*statuses: str) -> list[Report]:
    return [
        Report(status=status.removeprefix("soft "), at=at, is_soft=status.startswith("soft "))
        for at, status in enumerate(statuses)
    ]


@pytest.mark.parametrize(
    ("reports", "rank"),
    [
        ([], Rank.NONE),
        (told("deferred"), Rank.DEFERRED),
        (told("soft bounced", "delivered"), Rank.DELIVERED),
        (told("delivered", "soft bounced"), Rank.DELIVERED),
        (told("delivered", "bounced"), Rank.BOUNCED),
        (told("bounced", "delivered"), Rank.BOUNCED),
        (told("failed", "delivered"), Rank.DELIVERED),
        (told("deferred", "failed"), Rank.FAILED),
        (told("opened"), Rank.DELIVERED),
        (told("complained"), Rank.DELIVERED),
    ],
)
def test_how_far_it_came(reports: Sequence[Report], rank: Rank) -> None:
    assert fate_of(reports).rank is rank


@given(REPORTS, st.randoms(use_true_random=False), st.integers(0, 7))
def test_order_and_repetition_do_not_matter(reports: list[Report], dice: object, place: int) -> None:
    mixed = [*reports, *reports[place:], *reports[:1]]
    dice.shuffle(mixed)  # type: ignore[attr-defined]
    assert fate_of(mixed) == fate_of(reports)


@given(REPORTS, REPORTS)
def test_more_reports_never_take_back_what_was_known(reports: list[Report], more: list[Report]) -> None:
    order = list(Rank)
    before, now = fate_of(reports), fate_of([*reports, *more])
    assert order.index(now.rank) >= order.index(before.rank)
    for did in ("opened_at", "clicked_at", "replied_at", "complained_at", "unsubscribed_at"):
        then = getattr(before, did)
        assert then is None or getattr(now, did) <= then


def test_machines_stand_apart() -> None:
    seen = Report(status="opened", at=3, is_machine=True)
    assert fate_of([seen]) == Fate(rank=Rank.DELIVERED, rank_at=3, machine_at=3)
    assert fate_of([seen, Report(status="opened", at=9)]).opened_at == 9
