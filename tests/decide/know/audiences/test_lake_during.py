"""Stretches of seasons in the lake: one plain window for the homes of each stretch."""

from fieldfare.ground.instants import DAY, Instant
from fieldfare.ground.workspace.model import Duration
from fieldfare.know.audiences.lake_during import settled
from fieldfare.know.audiences.model import Did, During, Limit, Look, MeasureTest, NamedMeasure, OfEvents, Window
from tests.decide.know.audiences.definitions import PHASES
from tests.decide.know.worlds import START_AT

HOMES = ("north", "south", "east", None)
TODAY = START_AT // DAY + 26
NOW: Instant = START_AT + 26 * DAY
LAST = During("peak", 1)


def days(first: int, last: int) -> Window:
    """Return the window from one day of the world to another, as it is told on the 26th."""
    return Window(Duration(26 - first, "day"), Duration(26 - last, "day"))


def told(node: OfEvents) -> list[tuple[OfEvents, list[str | None]]]:
    return [(each, list(homes)) for each, homes in settled(node, PHASES, HOMES, (NOW, TODAY)).items()]


def test_a_condition_without_a_stretch_is_one_for_all() -> None:
    node = Did("Checked In", window=Window(Duration(3, "day")))
    assert told(node) == [(node, list(HOMES))]


def test_each_stretch_becomes_a_window_for_its_homes() -> None:
    (north, one), (south, two), (nowhere, others) = told(Did("Checked In", during=LAST))
    assert (one, two, others) == (["north"], ["south"], ["east", None])
    assert north == Did("Checked In", window=days(10, 19))
    assert south == Did("Checked In", window=days(15, 25))
    assert isinstance(nowhere, Did)
    assert nowhere.window is not None
    assert nowhere.window.near is not None
    assert nowhere.window.near < -100_000  # days that nobody has lived


def test_both_looks_of_a_measure_have_their_stretch() -> None:
    measure = NamedMeasure("visits", Did("Checked In", bounds=()))
    node = MeasureTest(measure, Look(None, LAST, Duration(7, "day")), (Limit("below", 1, 2),), Look(None, LAST))
    (north, _), *_ = told(node)
    assert isinstance(north, MeasureTest)
    assert north.look == Look(days(10, 19), None, Duration(7, "day"))
    assert north.baseline == Look(days(10, 19))
