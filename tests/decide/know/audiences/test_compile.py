"""Single conditions as closures: places, memberships, canonical moments, bounds."""

from datetime import date

import pytest

from fieldfare.ground.instants import HOUR, Instant, day_of, parse_iso
from fieldfare.ground.workspace.model import Duration
from fieldfare.know.audiences.compile import compile_condition, moment_of
from fieldfare.know.audiences.compile_values import holds_of
from fieldfare.know.audiences.evaluate import Evaluator
from fieldfare.know.audiences.measures import measures_of
from fieldfare.know.audiences.model import AtLocation, Audience, Bound, Did, InAudience, InPhase, Negation, Window
from fieldfare.know.audiences.ports import FlatPlaces, NoPhases
from fieldfare.know.profiles.fold import fold
from fieldfare.know.profiles.model import Document, PropertyTest
from fieldfare.know.profiles.plan import FoldPlan
from fieldfare.testing.places import MappedPlaces
from tests.decide.know.worlds import START_AT, TRAITS, make_event


@pytest.mark.parametrize(
    ("home", "names", "inside"),
    [
        ("north", ("coast",), True),
        ("north", ("north",), True),
        ("south", ("coast", "east"), False),
        (None, ("coast",), False),
    ],
)
def test_locations(home: str | None, names: tuple[str, ...], inside: bool) -> None:
    places = MappedPlaces({"north": "coast"})
    run = compile_condition(AtLocation(names), zone="UTC", phases=NoPhases(), places=places)
    assert run(Document(home_location=home), 0, 0) == (inside, None)


def test_membership_is_read_from_the_document_and_followed_when_asked_exactly() -> None:
    recent = Audience("recent", Did("X", window=Window(Duration(1, "day"))), "d")
    idle = Negation(InAudience("recent"))
    evaluator = Evaluator([recent, Audience("idle", idle, "d")], zone="UTC")
    run = compile_condition(idle, zone="UTC", phases=NoPhases(), places=FlatPlaces())
    stale = Document(memberships={"recent": 0})
    assert run(stale, START_AT, 20_000) == (False, None)
    assert evaluator.state(idle, stale, START_AT) == (True, None)


def test_a_calendar_that_looks_back_is_asked_again_soon() -> None:
    class Backwards(NoPhases):
        def holds(self, location: str | None, now: Instant) -> tuple[frozenset[str], Instant | None]:
            return frozenset({"peak"}), now

    run = compile_condition(InPhase("peak"), zone="UTC", phases=Backwards(), places=FlatPlaces())
    assert run(Document(), 5, 0) == (True, 5 + HOUR)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01", "day"),
        ("2026-03-01T00:00:00.000000Z", "instant"),
        ("2026-02-30", None),
        ("2026-W09-7", None),
        ("2026-03-01T00:00:00Z", None),
        ("2026-03-01T24:00:00.000000Z", None),
        ("2026-03-01T00:00:00,000000Z", None),
        ("1899-12-31", None),
        ("3000-01-01", None),
        ("", None),
    ],
)
def test_moments(text: str, moment: str | None) -> None:
    expected = {
        "day": (day_of(date(2026, 3, 1)), None),
        "instant": (0, parse_iso("2026-03-01T00:00:00")),
        None: None,
    }
    assert moment_of(text) == expected[moment]


@pytest.mark.parametrize(
    ("bounds", "true_for"),
    [
        ((Bound("at_least", 2),), [2, 3, 4]),
        ((Bound("at_most", 2),), [0, 1, 2]),
        ((Bound("above", 2),), [3, 4]),
        ((Bound("below", 2),), [0, 1]),
        ((Bound("exactly", 2),), [2]),
        ((Bound("at_least", 1), Bound("below", 3)), [1, 2]),
    ],
)
def test_bounds(bounds: tuple[Bound, ...], true_for: list[int]) -> None:
    holds = holds_of(bounds)
    assert [total for total in range(5) if holds(total)] == true_for
    windowed = Did("X", bounds=bounds, window=Window(Duration(3, "day")))
    plan = FoldPlan(measures_of([windowed]).values(), TRAITS)
    evaluator = Evaluator([], zone="UTC")
    document = Document()
    for total in range(5):
        assert evaluator.truth(windowed, document, START_AT) is (total in true_for)
        fold(document, None, make_event("X"), plan)


def test_an_unknown_bound_is_a_bug() -> None:
    with pytest.raises(AssertionError, match="about"):
        holds_of((Bound("about", 2),))


def test_tests_for_true_and_for_one_are_two_conditions() -> None:
    true = Did("X", (PropertyTest("vip", "is", operand=True),))
    one = Did("X", (PropertyTest("vip", "is", 1),))
    plan = FoldPlan(measures_of([true, one]).values(), TRAITS)
    document = Document()
    fold(document, None, make_event("X", payload={"vip": True}), plan)
    evaluator = Evaluator([], zone="UTC")
    assert evaluator.truth(true, document, START_AT)
    assert not evaluator.truth(one, document, START_AT)
