"""The two readings of a definition agree: what is kept up to date per profile, and what DuckDB computes from events."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import ibis
import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fieldfare.collect.model import Event
from fieldfare.ground.instants import HOUR, Instant, day_start, local_day
from fieldfare.ground.workspace.model import Duration
from fieldfare.know.audiences.evaluate import Evaluator
from fieldfare.know.audiences.measures import measures_of
from fieldfare.know.audiences.model import (
    Ahead,
    Anniversary,
    Audience,
    Bound,
    Condition,
    Did,
    Edge,
    TraitDate,
    TraitTest,
    Window,
)
from fieldfare.know.audiences.parse import parse_condition
from fieldfare.know.audiences.to_lake import Moment, to_lake
from fieldfare.know.cuts.model import CutsInForce
from fieldfare.know.profiles.model import Document, PropertyTest
from fieldfare.know.profiles.plan import FoldPlan, Touched
from tests.amounts import examples
from tests.decide.know.audiences.crowd import Crowd
from tests.decide.know.audiences.definitions import PHASES, PLACES, audience_sets, cuts_for, lake_of
from tests.decide.know.worlds import LOCATIONS, START_AT, TRAITS, ZONES, make_event, population

Members = dict[str, set[int]]


@pytest.fixture(scope="module")
def duckdb() -> Iterator[Any]:
    connection = ibis.duckdb.connect(":memory:", threads=1)
    yield connection
    connection.disconnect()


def kept(
    evaluator: Evaluator, audiences: Sequence[Audience], people: Sequence[Sequence[Event]], now: Instant
) -> Members:
    """Let the crowd live as the pipeline does; at last the wake-ups.

    Who cannot be told stays as before, so of them nothing is said: to the lake they are in no audience.
    """
    plan = FoldPlan(measures_of(audience.condition for audience in audiences).values(), TRAITS)
    members: Members = {audience.name: set() for audience in audiences}
    crowd = Crowd(evaluator, plan, len(people))
    crowd.live(people, now)
    for profile, document in enumerate(crowd.documents):
        for audience in audiences:
            if audience.name in document.memberships and _is_told(evaluator, audience, document, now):
                members[audience.name].add(profile)
    return members


def _is_told(evaluator: Evaluator, audience: Audience, document: Document, now: Instant) -> bool:
    return evaluator.state(audience.condition, document, now)[0] is not None


def asked(
    connection: Any,
    audiences: Sequence[Audience],
    people: Sequence[Sequence[Event]],
    now: Instant,
    zone: str,
    cuts: CutsInForce | None = None,
) -> Members:
    events, profiles = lake_of(connection, people)
    moment = Moment(now, zone, PHASES, PLACES, (*LOCATIONS,), cuts=cuts if cuts is not None else CutsInForce())
    by_name = {audience.name: audience for audience in audiences}
    members: Members = {}
    for audience in audiences:
        table = to_lake(audience.condition, by_name, events, profiles, moment)
        members[audience.name] = {row["profile_id"] for row in connection.to_pyarrow(table).to_pylist()}
    return members


def moment_after(people: Sequence[Sequence[Event]], seed: int, zone: str) -> Instant:
    """Return an instant after all were received: at once, at the edge of a day, or some days later."""
    last = max(event.received_at for events in people for event in events)
    edge = day_start(local_day(last, zone) + 1 + seed % 7, zone)
    return max(last, (last, edge - 1, edge, edge + 1, last + HOUR)[seed % 5])


# No shrinking: an example costs a tenth of a second, and the audiences drawn are small to begin with.
@settings(
    max_examples=examples(40),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(audience_sets(), st.sampled_from(ZONES), st.integers(0, 10_000))
def test_both_readings_agree(duckdb: Any, audiences: list[Audience], zone: str, seed: int) -> None:
    people = population(seed, zone)
    now = moment_after(people, seed, zone)
    cuts = cuts_for((audience.condition for audience in audiences), seed)
    evaluator = Evaluator(audiences, zone=zone, phases=PHASES, places=PLACES, cuts=cuts)
    assert kept(evaluator, audiences, people, now) == asked(duckdb, audiences, people, now, zone, cuts)


VISITS = {"event": "Checked In"}
SPEND = {"event": "Order Completed", "sum": "total"}
RATE = {"rate": ["Order Completed", {"event": "Checked In"}]}
TYPICAL = [
    {"did": "Checked In", "count": {"at_least": 2}, "within": "16 days"},
    {"did_not": "Checked In", "within": "14 days"},
    {"did": "Order Completed", "count": {"exactly": 1}, "between": "20 and 6 days ago"},
    {"did": "Order Completed", "sum": {"of": "total", "above": 2}, "within": "21 days"},
    {"did": "Order Completed", "sum": {"of": "total", "below": 0.5}},
    {"did": "Checked In", "within": "200 hours"},
    {"did": "Order Completed", "where": {"total": {"below": 1}}, "count": {"at_least": 2}},
    {"did": "Order Completed", "where": {"weekday": {"in": ["sat", "sun"]}, "location": {"exists": True}}},
    {"all": [{"trait": "since", "newer_than": "20 days"}, {"not": {"in": "t0"}}]},
    {"any": [{"in_phase": "peak"}, {"trait": "tags", "contains": "yoga"}, {"trait": "active", "is_not": True}]},
    {"in": "t1"},
    {"did": "Order Completed", "min": {"of": "total", "below": 1}, "within": "16 days"},
    {"did": "Order Completed", "max": {"of": "total", "at_least": 5}},
    {"did": "Order Completed", "first": {"of": "category", "is": "gold"}},
    {"did": "Order Completed", "last": {"of": "total", "above": 1}, "within": "500 hours"},
    {"did": "Order Completed", "distinct": {"of": "category", "at_least": 2}, "within": "20 days"},
    {"did": "Order Completed", "most_frequent": {"of": "category", "is": "gold"}, "between": "30 and 4 days ago"},
    {"did": "Checked In", "most_frequent": {"of": "weekday", "in": ["sat", "sun", "fri"]}},
    {"did": "Checked In", "during": "last peak"},
    {"did": "Order Completed", "sum": {"of": "total", "above": 1}, "during": {"phase": "off", "before_last": 0}},
    {"measure": VISITS, "over": "13 days", "per": "7 days", "at_least": 0.5},
    {"measure": SPEND, "over": "200 hours", "above": 0.5},
    {"measure": RATE, "over": "20 days", "compared_to": {"between": "40 and 21 days ago"}, "down_by": "10 %"},
    {"measure": VISITS, "over": "6 days", "compared_to": {"over": "30 days", "per": "7 days"}, "below": "80 %"},
    {"measure": VISITS, "during": "last peak", "per": "7 days", "above": 0.5},
    {"did": "Checked In", "then": {"did": "Order Completed", "within": "3 days"}, "within": "30 days"},
    {"did": "Checked In", "then": {"did": "Checked In", "within": "60 hours"}, "count": {"at_least": 2}},
    {"did": "Order Completed", "without": {"did": "Checked In", "within": "12 hours"}, "count": {"at_least": 3}},
    {"did": "Order Completed", "without": {"did": "Checked In", "within": "2 days"}, "between": "20 and 3 days ago"},
    {"trait": "since", "within_next": "12 days"},
    {"trait": "seen", "ahead": {"at_least": "30 hours", "at_most": "900 hours"}},
    {"trait": "since", "before": "2026-04-10"},
    {"trait": "born", "anniversary": {"within_next": "9 days"}},
    {"trait": "day_of_year", "anniversary": {"within_next": "9 days"}},
    {"trait": "tags", "size": {"at_least": 2}},
    {"all": [{"identifier": "email"}, {"match_confidence": {"at_least": 80}}]},
    {"consent": "marketing", "channel": "email", "is": "withdrawn"},
    {"household": {"any_member": {"did": "Checked In", "count": {"at_least": 2}, "within": "9 days"}}},
    {"household": {"others": {"did_not": "Order Completed", "within": "14 days"}}},
    {"household": {"all_members": {"did_not": "Checked In", "within": "9 days"}}},
    {"household": {"members": {"at_least": 2}, "who": {"in": "t0"}}},
    {"not": {"household": {"members": {"at_least": 2}}}},
    {"top": "30 %", "by": "score"},
    {"not": {"bottom": 2, "by": "score", "per": "region"}},
    {"percentile": {"of": "score", "between": [20, 90]}},
]


def typical() -> list[Audience]:
    found = []
    for place, node in enumerate(TYPICAL):
        condition, problems = parse_condition(node, ())
        assert condition is not None, problems
        found.append(Audience(f"t{place}", condition, str(place)))
    return found


def longer(audiences: Sequence[Audience], **settings: Any) -> Evaluator:
    """Planted: every window is one day longer, as `<=` in place of `<` would make it."""

    def stretched(condition: Condition) -> Condition:
        match condition:
            case Did(window=Window(oldest=Duration(amount=amount, unit="day") as oldest, newest=newest)):
                further = msgspec.structs.replace(oldest, amount=amount + 1)
                return msgspec.structs.replace(condition, window=Window(further, newest))
            case _:
                return condition

    return Evaluator(
        [msgspec.structs.replace(audience, condition=stretched(audience.condition)) for audience in audiences],
        **settings,
    )


def nearer(audiences: Sequence[Audience], **settings: Any) -> Evaluator:
    """Planted: dates ahead and anniversaries count a day too far."""

    def further(condition: Condition) -> Condition:
        match condition:
            case TraitDate(asks=Ahead(most=Duration(amount=amount) as most) as asks):
                longer = msgspec.structs.replace(most, amount=amount + 1)
                return msgspec.structs.replace(condition, asks=msgspec.structs.replace(asks, most=longer))
            case TraitDate(asks=Anniversary(days=days)):
                return msgspec.structs.replace(condition, asks=Anniversary(days + 1))
            case _:
                return condition

    return Evaluator(
        [msgspec.structs.replace(audience, condition=further(audience.condition)) for audience in audiences],
        **settings,
    )


class Deaf(Evaluator):
    """Planted: members of a household are not told what turns after the first word."""

    def _affected(self, touched: Touched, age: int) -> int:
        return super()._affected(msgspec.structs.replace(touched, kin=False), age)


class Forgetful(Evaluator):
    """Planted: an audience does not follow the audience that it asks for."""

    def _uses(self) -> list[int]:
        return [0] * len(self.audiences)


class Sleepy(Evaluator):
    """Planted: it never wakes."""

    def advance(self, document: Document, now: Instant) -> list[Edge]:
        return []


class Careless(Evaluator):
    """Planted: it overlooks measures that an event touched."""

    def _affected(self, touched: Touched, age: int) -> int:
        return super()._affected(Touched(traits=touched.traits, home=touched.home), age)


TOLD: dict[int, Members] = {}
"""What the lake says of the typical audiences, by the seed of the crowd."""


def disagreements(connection: Any, using: Callable[..., Evaluator], seeds: range) -> list[str]:
    """Return the typical audiences on which both readings differ for some crowd."""
    audiences, wrong = typical(), set()
    for seed in seeds:
        zone = ZONES[seed % len(ZONES)]
        people = population(seed, zone)
        now = moment_after(people, seed, zone)
        cuts = cuts_for((audience.condition for audience in audiences), seed)
        evaluator = using(audiences, zone=zone, phases=PHASES, places=PLACES, cuts=cuts)
        if seed not in TOLD:  # the lake's reading is the same for every evaluator
            TOLD[seed] = asked(connection, audiences, people, now, zone, cuts)
        one, other = kept(evaluator, audiences, people, now), TOLD[seed]
        wrong |= {name for name in one if one[name] != other[name]}
    return sorted(wrong)


def test_typical_audiences_agree_and_split_the_crowd(duckdb: Any) -> None:
    assert disagreements(duckdb, Evaluator, range(3)) == []
    people = population(0, ZONES[0])
    sizes = {name: len(members) for name, members in TOLD[0].items()}
    assert all(0 < size < len(people) for size in sizes.values()), sizes


@pytest.mark.parametrize("fault", [longer, nearer, Deaf, Forgetful, Sleepy, Careless])
def test_broken_evaluators_are_caught(duckdb: Any, fault: Callable[..., Evaluator]) -> None:
    assert disagreements(duckdb, fault, range(2))


@pytest.mark.parametrize("name", ["plain", "with space", "a.b", 'quo"te', "sl/ash", "til~de", "é", "0", "$", "*"])
def test_any_property_name_can_be_asked(duckdb: Any, name: str) -> None:
    condition = Did("Order Completed", (PropertyTest(name, "is", "yes"),))
    people = [[make_event(payload={name: "yes"})], [make_event(payload={name: "no", "other": "yes"})]]
    assert asked(duckdb, [Audience("x", condition, "d")], people, START_AT, "UTC") == {"x": {0}}


def test_profiles_without_events_are_asked_too(duckdb: Any) -> None:
    never = Audience("never", Did("Order Completed", bounds=(Bound("exactly", 0),)), "d")
    people = [[make_event("Checked In")], [make_event()]]
    assert asked(duckdb, [never], people, START_AT, "UTC") == {"never": {0}}


def test_a_missing_trait_differs_from_everything(duckdb: Any) -> None:
    people = [[make_event("identify", payload={"plan": value})] for value in ("gold", "basic", None)]
    people.append([make_event("Checked In")])
    differs = Audience("differs", TraitTest("plan", (PropertyTest("plan", "is_not", "gold"),)), "d")
    unset = Audience("unset", TraitTest("plan", (PropertyTest("plan", "exists", operand=False),)), "d")
    expected = {"differs": {1, 2, 3}, "unset": {2, 3}}
    assert asked(duckdb, [differs, unset], people, START_AT, "UTC") == expected
    assert kept(Evaluator([differs, unset], zone="UTC"), [differs, unset], people, START_AT) == expected
