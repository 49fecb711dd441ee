"""Who joins by a change of definitions enters no journey, unless that change asked for it; no restart forgets it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fieldfare.assembly.installation import open_backfill
from fieldfare.flow.backfill import Backfill
from fieldfare.flow.editions import WantedChange
from fieldfare.ground.instants import DAY, HOUR
from tests.scenarios.people import NOON
from tests.scenarios.planned import MORE, apply, audience, happenings, start, write
from tests.scenarios.whole import Whole, opened

A = audience("a", "{did: class_booked, count: {at_least: 9}}")
WIDER = audience("a", "{did: check_in, count: {at_least: 2}, within: 20 days}")
KNOWN = audience("a", "{did: class_booked}")
"""Of the same measure as before, so nothing need be filled."""
OTHER = audience("b", "{did: app_opened}")
DAYS = 12


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    with opened(tmp_path / "data", NOON) as made:
        start(made, write(tmp_path / "workspace", A | MORE))
        made.play(happenings(5, range(DAYS)), NOON + DAYS * DAY)
        assert not made.enrollments()
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "workspace"


def began(whole: Whole, folder: Path) -> Backfill:
    """Start again with the folder, which holds what was applied."""
    whole.use(folder)
    made = open_backfill(whole.installation, whole.lake)
    made._most = 5
    made.begin()
    return made


def joined(whole: Whole, name: str) -> set[int]:
    rows = [row for row in whole.memberships() if row["audience"] == name and row["joined"]]
    return {row["profile_id"] for row in rows if row["cause"] in {"definition", "backfill"}}


def walkers(whole: Whole) -> list[int]:
    return sorted(walk["profile_id"] for walk in whole.enrollments())


def later(whole: Whole, hours: int = 1) -> None:
    whole.tick(whole.clock.now() + hours * HOUR)


@pytest.mark.parametrize(("wider", "cause"), [(WIDER, "backfill"), (KNOWN, "definition")])
def test_without_being_asked_nobody_enters(whole: Whole, folder: Path, wider: dict[str, str], cause: str) -> None:
    apply(whole, write(folder, wider | MORE))
    began(whole, folder).run()
    later(whole)
    assert joined(whole, "a")
    assert {row["cause"] for row in whole.memberships() if row["audience"] == "a"} == {cause}
    assert (walkers(whole), whole.messages()) == ([], [])


@pytest.mark.parametrize("restarts", [0, 3])
def test_asked_for_everybody_who_joins_enters_once(whole: Whole, folder: Path, restarts: int) -> None:
    write(folder, WIDER | MORE)
    found = apply(whole, folder, trigger_on_change=True)
    assert found["trigger_on_change"]
    made = began(whole, folder)
    for _ in range(restarts):
        assert made.step()
        later(whole)
        made = began(whole, folder)
    made.run()
    later(whole)
    assert joined(whole, "a")
    assert walkers(whole) == sorted(joined(whole, "a"))
    assert len(whole.proposals()) == len(walkers(whole))
    before = whole.enrollments(), whole.proposals()
    whole.rebuild()
    began(whole, folder).run()
    apply(whole, folder, trigger_on_change=True)
    later(whole)
    assert (whole.enrollments(), whole.proposals()) == before, "neither a rebuild nor a second apply lets anybody in"


def test_who_is_met_by_an_event_first_enters_too(whole: Whole, folder: Path) -> None:
    apply(whole, write(folder, WIDER | MORE), trigger_on_change=True)
    made = began(whole, folder)
    whole.play(happenings(6, range(DAYS, DAYS + 2)), NOON + (DAYS + 2) * DAY)
    made.run()
    later(whole)
    assert set(walkers(whole)) >= joined(whole, "a")


def test_a_later_change_that_does_not_ask_lets_nobody_in(whole: Whole, folder: Path) -> None:
    apply(whole, write(folder, WIDER | MORE), trigger_on_change=True)
    made = began(whole, folder)
    made.step()
    early = walkers(whole)
    narrower = audience("a", "{did: check_in, count: {at_least: 2}, within: 21 days}")
    apply(whole, write(folder, narrower | MORE))
    began(whole, folder).run()
    later(whole)
    assert joined(whole, "a") > set(early)
    assert walkers(whole) == early


def test_a_later_change_of_something_else_keeps_what_was_asked(whole: Whole, folder: Path) -> None:
    apply(whole, write(folder, WIDER | MORE), trigger_on_change=True)
    apply(whole, write(folder, WIDER | OTHER | MORE))  # before the first one began
    began(whole, folder).step()
    apply(whole, write(folder, WIDER | MORE))  # while it is under way
    began(whole, folder).run()
    later(whole)
    assert walkers(whole) == sorted(joined(whole, "a"))


@pytest.mark.parametrize(
    ("first", "audiences", "triggers", "expected"),
    [
        (WantedChange("x"), ["a"], False, ((("a",)), ())),
        (WantedChange("x"), ["b", "a"], True, (("a", "b"), ("a", "b"))),
        (WantedChange("x", ("a",), ("a",)), ["b"], False, (("a", "b"), ("a",))),
        (WantedChange("x", ("a", "b"), ("a", "b")), ["b"], False, (("a", "b"), ("a",))),
        (WantedChange("x", ("a",)), ["a"], True, (("a",), ("a",))),
        (WantedChange("x", ("a",), ("a",)), [], False, (("a",), ("a",))),
    ],
)
def test_changes_on_top_of_each_other(first: WantedChange, audiences: list[str], triggers: bool, expected: Any) -> None:
    found = first.then("y", audiences, triggers=triggers)
    assert (found.digest, found.changed, found.triggering) == ("y", *expected)
