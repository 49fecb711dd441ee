"""The check of the promise can fail: each planted fault is seen."""

from collections import Counter

import msgspec
import pytest

from tests.crash.promise import Left, exactly_once


def a_good_run() -> Left:
    return Left(
        sent={"a": "check_in", "b": "check_in", "c": "identify"},
        answered={"a", "b"},
        in_lake=Counter({"a": 1, "b": 1}),
        handed_over=Counter({"p": 1}),
        started=Counter({"p": 1}),
        known={"p"},
    )


def test_a_good_run_passes() -> None:
    exactly_once(a_good_run())


@pytest.mark.parametrize(
    ("part", "value", "says"),
    [
        ("in_lake", Counter({"a": 1}), "lost"),
        ("in_lake", Counter({"a": 1, "b": 2}), "twice"),
        ("in_lake", Counter({"a": 1, "b": 1, "x": 1}), "nobody sent"),
        ("handed_over", Counter({"p": 2}), "twice"),
        ("started", Counter({"p": 2}), "twice"),
        ("known", {"p", "q"}, "never saw"),
        ("answered", set(), "nothing was accepted"),
    ],
)
def test_planted_faults_are_seen(part: str, value: object, says: str) -> None:
    with pytest.raises(AssertionError, match=says):
        exactly_once(msgspec.structs.replace(a_good_run(), **{part: value}))
