"""What was registered before the start, and every change after it."""

import pytest

from fieldfare.learn.experiments.registered.amend import Applied, registered

FILE = "experiments/win-back.yaml"


def version(number: int, at: int, text: str | None, metrics: str = "metrics: []") -> Applied:
    return Applied(number=number, by=f"by-{number}", reason="why", at=at, texts={FILE: text, "metrics.yaml": metrics})


HISTORY = [
    version(1, 10, None),
    version(2, 20, "metric: came"),
    version(3, 30, "metric: kept"),
    version(4, 40, "metric: kept"),
    version(5, 50, "metric: came\nlooks: always"),
    version(6, 60, "metric: came\nlooks: always", "metrics: [other]"),
]


@pytest.mark.parametrize(
    ("start", "first", "amended"),
    [(None, 2, [3, 5, 6]), (25, 2, [3, 5, 6]), (30, 3, [5, 6]), (45, 4, [5, 6]), (99, 6, []), (5, 2, [3, 5, 6])],
)
def test_the_last_version_before_the_start_is_the_registration(
    start: int | None, first: int, amended: list[int]
) -> None:
    found = registered(HISTORY, FILE, start)
    assert found is not None
    assert found.version == first
    assert [each.version for each in found.amendments] == amended


def test_an_amendment_says_what_went_and_came() -> None:
    found = registered(HISTORY, FILE, 30)
    assert found is not None
    assert found.amendments[0].differences == (
        f"{FILE}: -metric: kept",
        f"{FILE}: +metric: came",
        f"{FILE}: +looks: always",
    )
    assert found.amendments[1].differences == ("metrics.yaml: -metrics: []", "metrics.yaml: +metrics: [other]")


def test_what_was_taken_away_is_an_amendment_and_what_never_was_is_none() -> None:
    gone = registered([version(1, 10, "metric: came"), version(2, 20, None)], FILE, None)
    assert gone is not None
    assert [each.version for each in gone.amendments] == [2]
    assert registered([version(1, 10, None)], FILE, None) is None
    assert registered([], FILE, None) is None
