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
from fieldfare.know.audiences.model import Audience, Bound, Condition, Did, Edge, TraitTest, Window
from fieldfare.know.audiences.parse import parse_condition
from fieldfare.know.audiences.to_lake import Moment, to_lake
from fieldfare.know.cuts.model import CutsInForce
from fieldfare.know.profiles.fold import fold, needs_personal
from fieldfare.know.profiles.model import Document, PropertyTest, TraitValue
from fieldfare.know.profiles.plan import FoldPlan, Touched
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
    """Walk each history as the pipeline does: wake-ups due, fold, evaluate what was touched; at last the wake-ups."""
    plan = FoldPlan(measures_of(audience.condition for audience in audiences).values(), TRAITS)
    members: Members = {audience.name: set() for audience in audiences}
    for profile, events in enumerate(people):
        document, personal = Document(profile_id=profile), dict[str, TraitValue]()
        for event in events:
            if document.first_seen_at is not None:
                evaluator.advance(document, event.received_at)
            touched = fold(document, personal if needs_personal(event, plan) else None, event, plan)
            evaluator.evaluate(document, event.received_at, touched)
        evaluator.advance(document, now)
        for name in document.memberships:
            members[name].add(profile)
    return members


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
    max_examples=40,
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

    def _affected(self, touched: Touched) -> int:
        return super()._affected(Touched(traits=touched.traits, home=touched.home))


def disagreements(connection: Any, using: Callable[..., Evaluator], seeds: range) -> list[str]:
    """Return the typical audiences on which both readings differ for some crowd."""
    audiences = typical()
    wrong = set()
    for seed in seeds:
        zone = ZONES[seed % len(ZONES)]
        people = population(seed, zone)
        now = moment_after(people, seed, zone)
        cuts = cuts_for((audience.condition for audience in audiences), seed)
        evaluator = using(audiences, zone=zone, phases=PHASES, places=PLACES, cuts=cuts)
        one, other = kept(evaluator, audiences, people, now), asked(connection, audiences, people, now, zone, cuts)
        wrong |= {name for name in one if one[name] != other[name]}
    return sorted(wrong)


def test_typical_audiences_agree_and_split_the_crowd(duckdb: Any) -> None:
    assert disagreements(duckdb, Evaluator, range(3)) == []
    people = population(0, "UTC")
    cuts = cuts_for((audience.condition for audience in typical()), 0)
    found = asked(duckdb, typical(), people, moment_after(people, 0, "UTC"), "UTC", cuts)
    sizes = {name: len(members) for name, members in found.items()}
    assert all(0 < size < len(people) for size in sizes.values()), sizes


@pytest.mark.parametrize("fault", [longer, Forgetful, Sleepy, Careless])
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
