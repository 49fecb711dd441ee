"""Which audiences a change can have changed: those that ask for what was touched, and no others."""

import pytest

from fieldfare.ground.instants import DAY, HOUR
from fieldfare.ground.workspace.model import Duration
from fieldfare.know.audiences.household import rule_of
from fieldfare.know.audiences.measures import measure_key
from fieldfare.know.audiences.model import (
    AnyOf,
    AtLocation,
    Audience,
    Condition,
    Did,
    HasConsent,
    HasIdentifier,
    Household,
    InAudience,
    InStage,
    Negation,
    Ranked,
    TraitTest,
    Window,
)
from fieldfare.know.audiences.ports import NoComputedTraits
from fieldfare.know.audiences.touches import Touches, must_come_first
from fieldfare.know.cuts.model import Cut, Rank
from fieldfare.know.profiles.model import PropertyTest
from fieldfare.know.profiles.plan import Touched

VISITED = Did("check_in")
ASKED: dict[str, Condition] = {
    "visited": Negation(VISITED),
    "gold": TraitTest("plan", (PropertyTest("plan", "is", "gold"),)),
    "reachable": HasIdentifier("email"),
    "willing": HasConsent("news", "email"),
    "family": Household(VISITED),
    "here": AtLocation(("north",)),
    "both": InAudience("gold"),
    "best": Ranked(Cut("score", (Rank(is_top=True, count=3),), "region"), (True,)),
}
AUDIENCES = [Audience(name, condition, name) for name, condition in ASKED.items()]
AUDIENCES.append(Audience(rule_of(VISITED), VISITED, ""))
BITS = {audience.name: 1 << place for place, audience in enumerate(AUDIENCES)}
TOUCHES = Touches(AUDIENCES, BITS, NoComputedTraits())


def named(bits: int) -> set[str]:
    return {name for name, bit in BITS.items() if bit & bits}


@pytest.mark.parametrize(
    ("touched", "names"),
    [
        (Touched(), set()),
        (Touched(measures=(measure_key(VISITED),)), {"visited", "family", rule_of(VISITED)}),
        (Touched(measures=("unheard-of",)), set()),
        (Touched(traits=("plan",)), {"gold"}),
        (Touched(traits=("tier",)), set()),
        (Touched(identity=True), {"reachable"}),
        (Touched(consent=True), {"willing"}),
        (Touched(kin=True), {"family"}),
        (Touched(home=True), {"here", "best"}),
        (Touched(cuts=True), {"best"}),
        (Touched(traits=("score",)), {"best"}),
    ],
)
def test_what_asks_for_it_is_told(touched: Touched, names: set[str]) -> None:
    assert named(TOUCHES.affected(touched)) == names


def test_who_does_not_look_so_far_back_is_left_out() -> None:
    week, month = Window(Duration(7, "day")), Window(Duration(30, "day"), Duration(7, "day"))
    told: dict[str, Condition] = {
        "ever": VISITED,
        "week": Did("check_in", window=week),
        "month": Did("check_in", window=month),
        "both": AnyOf((Did("check_in", window=week), Negation(Did("check_in", window=month)))),
        "hours": Did("check_in", window=Window(Duration(5, "hour"))),
    }
    bits = {name: 1 << place for place, name in enumerate(told)}
    touches = Touches([Audience(name, condition, name) for name, condition in told.items()], bits, NoComputedTraits())

    def left(age: int) -> set[str]:
        found = touches.affected(Touched(measures=(measure_key(VISITED),)), age)
        return {name for name, bit in bits.items() if bit & found}

    assert left(0) == left(-HOUR) == left(5 * HOUR) == set(told)
    assert left(5 * HOUR + 1) == left(10 * DAY) == set(told) - {"hours"}
    assert left(10 * DAY + 1) == left(33 * DAY) == {"ever", "month", "both"}
    assert left(33 * DAY + 1) == {"ever"}


def test_who_asks_for_another_comes_after_it() -> None:
    assert must_come_first(AUDIENCES[6]) == ("gold",)
    assert must_come_first(AUDIENCES[4]) == (rule_of(VISITED),)
    dependents = dict(zip(BITS, TOUCHES.dependents(), strict=True))
    assert {name: named(bits) for name, bits in dependents.items() if bits} == {
        "gold": {"both"},
        rule_of(VISITED): {"family"},
    }


def test_what_follows_is_told_at_any_remove_and_through_a_stage() -> None:
    told: dict[str, Condition] = {
        "gold": ASKED["gold"],
        "stage:loyal:enter": InAudience("gold"),
        "both": InAudience("gold"),
        "far": Negation(InAudience("both")),
        "loyal": InStage(("loyal",)),
        "visited": VISITED,
    }
    audiences = [Audience(name, condition, name) for name, condition in told.items()]
    touches = Touches(audiences, {name: 1 << place for place, name in enumerate(told)}, NoComputedTraits())
    assert touches.following({"both", "unheard-of"}) == {"both", "far"}
    assert touches.following({"gold"}) == set(told) - {"visited"}
    assert touches.reached(Touched(traits=("plan",))) == set(told) - {"visited"}
    assert touches.reached(Touched(first=True)) == set(told)
    assert touches.reached(Touched()) == set()
