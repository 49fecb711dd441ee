"""Editions: what came anew, what a document lacks, what it can answer all the same."""

import pytest

from fieldfare.know.profiles.editions import (
    NOTHING_KNOWN,
    Edition,
    Editions,
    answers,
    newly,
    reaches_of,
    together,
)
from fieldfare.know.profiles.model import Lacks, Measure, Reach


def edition(number: int, **measures: Reach) -> Edition:
    return Edition(number, number * 100, f"d{number}", "f", measures)


EDITIONS = Editions(
    (
        edition(0, visits=(30, 0), orders=(0, 0)),
        edition(1, visits=(30, 0), orders=(90, 0), calls=(7, 5)),
        edition(2, visits=(7, 0), orders=(90, 0)),
        edition(3, visits=(30, 0), orders=(90, 0), calls=(7, 5)),
    )
)


@pytest.mark.parametrize(
    ("number", "lacks"),
    [
        (3, {}),
        (2, {"visits": (7, 0), "calls": NOTHING_KNOWN}),
        (1, {"visits": (7, 0), "calls": NOTHING_KNOWN}),
        (0, {"visits": (7, 0), "orders": (0, 0), "calls": NOTHING_KNOWN}),
    ],
)
def test_what_a_document_lacks_that_was_brought_to_an_older_edition(number: int, lacks: Lacks) -> None:
    assert EDITIONS.lacks_since(number) == lacks
    assert (EDITIONS.number, EDITIONS.at) == (3, 300)
    assert Editions().lacks_since(number) == {}
    assert (Editions().number, Editions().at) == (0, 0)


def test_what_nobody_asks_for_any_more_is_not_lacking() -> None:
    assert Editions(EDITIONS.known[:3]).lacks_since(0) == {"orders": (0, 0)}


def test_new_and_longer_measures() -> None:
    assert newly({"a": (5, 0), "b": (5, 9)}, {"a": (5, 0), "b": (5, 10), "c": (0, 0)}) == {
        "b": (5, 9),
        "c": NOTHING_KNOWN,
    }
    assert reaches_of([Measure("a", "X", horizon_days=3, horizon_us=4)]) == {"a": (3, 4)}


def test_together_is_the_shorter_reach() -> None:
    assert together({"a": (5, 1), "b": (1, 1)}, {"a": (3, 2)}) == {"a": (3, 1), "b": (1, 1)}


@pytest.mark.parametrize(
    ("reach", "days", "length", "can"),
    [
        (None, 90, 0, True),
        (NOTHING_KNOWN, 0, 0, False),
        ((0, 0), 0, 0, True),
        ((30, 0), 30, 0, True),
        ((30, 0), 31, 0, False),
        ((30, 5), 0, 6, False),
    ],
)
def test_what_can_be_answered(reach: Reach | None, days: int, length: int, can: bool) -> None:
    lacks = {} if reach is None else {"m": reach}
    assert answers(lacks, Measure("m", "X", horizon_days=days, horizon_us=length)) is can


def asking(number: int, changed: str = "", triggering: str = "") -> Edition:
    return Edition(number, 0, "", "", {}, changed=tuple(changed), triggering=tuple(triggering))


@pytest.mark.parametrize(
    ("known", "settled", "expected"),
    [
        ((asking(0),), -1, ""),
        ((asking(0), asking(1, "ab", "a")), 0, "a"),
        ((asking(0), asking(1, "ab", "a")), 1, ""),
        ((asking(0), asking(1, "ab", "ab"), asking(2, "b")), 0, "a"),
        ((asking(0), asking(1, "ab", "ab"), asking(2, "b")), 1, ""),
        ((asking(0), asking(1, "a"), asking(2, "a", "a"), asking(3, "c", "c")), 0, "ac"),
    ],
)
def test_which_joins_count_as_live(known: tuple[Edition, ...], settled: int, expected: str) -> None:
    assert Editions(known, settled).triggering == frozenset(expected)


def relaxed(number: int, **meanings: str) -> Edition:
    return Edition(number, 0, "", "", {}, relaxed=meanings)


@pytest.mark.parametrize(
    ("known", "brought_to", "expected"),
    [
        ((), 0, ""),
        ((relaxed(0, a="x"),), 0, "a"),
        ((relaxed(0, a="x", b="y"), relaxed(1, a="x", b="z", c="w")), 0, "a"),
        ((relaxed(0, a="x"), relaxed(1, a="y"), relaxed(2, a="x")), 0, ""),
        ((relaxed(0, a="x"), relaxed(1, a="y"), relaxed(2, a="y")), 1, "a"),
        ((relaxed(0, a="x"), relaxed(1), relaxed(2, a="x")), 0, ""),
        ((relaxed(1, a="x"), relaxed(2, a="x")), 0, ""),
    ],
)
def test_which_relaxed_audiences_follow_at_their_boundary(
    known: tuple[Edition, ...], brought_to: int, expected: str
) -> None:
    assert Editions(known).waiting_since(brought_to) == frozenset(expected)
