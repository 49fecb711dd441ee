"""The table of transitions, and the page that shows it."""

from pathlib import Path

import pytest

from fieldfare.decide.journeys.enter import REFUSALS
from fieldfare.decide.journeys.model import DONE, END_REASONS, Happening, Status
from fieldfare.decide.journeys.transitions import TRANSITIONS, is_allowed, render, render_diagram

PAGE = Path(__file__).resolve().parents[4] / "docs" / "reference" / "journeys.md"


def shows(page: str) -> bool:
    """Return whether the page holds the table as it is rendered."""
    return render() in page


def test_the_page_shows_the_table() -> None:
    assert shows(PAGE.read_text("utf-8"))


def test_the_pages_show_the_diagram_and_every_reason() -> None:
    page = PAGE.read_text("utf-8")
    assert render_diagram() in (PAGE.parents[1] / "explain" / "journeys.md").read_text("utf-8")
    assert [name for name, why in {**REFUSALS, **END_REASONS}.items() if f"| `{name}` | {why} |" not in page] == []


def test_the_check_finds_an_old_page() -> None:
    assert not shows(PAGE.read_text("utf-8").replace("| `timer_fired` |", "| `timer` |", 1))


def test_each_move_stands_once() -> None:
    keys = [(each.before, each.happening) for each in TRANSITIONS]
    assert len(keys) == len(set(keys))


def test_happenings_are_those_that_exist() -> None:
    tags = {kind.__struct_config__.tag for kind in Happening.__args__}
    assert {each.happening for each in TRANSITIONS} == tags


def test_nothing_leads_out_of_an_end() -> None:
    assert not [each for each in TRANSITIONS if each.before in DONE]


@pytest.mark.parametrize(
    ("before", "happening", "after", "expected"),
    [
        (Status.ENTERED, "entered", Status.WAITING, True),
        (Status.WAITING, "timer_fired", Status.ENGAGED, False),
        (Status.WAITING, "left", Status.COMPLETED, False),
        (Status.COMPLETED, "event_seen", Status.WAITING, False),
    ],
)
def test_moves(before: Status, happening: str, after: Status, expected: bool) -> None:
    assert is_allowed(before, happening, after) is expected
