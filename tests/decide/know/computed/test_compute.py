"""Computed traits: what they come to, until when it holds, and that conditions on them wake at the right instant."""

from collections.abc import Iterator
from typing import Any

import ibis
import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fieldfare.collect.model import Event
from fieldfare.ground.instants import DAY, HOUR, day_start, local_day, today_in
from fieldfare.know.audiences.compile_values import NOT_COMPUTABLE
from fieldfare.know.audiences.evaluate import Evaluator
from fieldfare.know.audiences.measures import measures_of
from fieldfare.know.audiences.model import Audience, Condition
from fieldfare.know.audiences.parse import parse_condition
from fieldfare.know.audiences.to_lake import Moment, numbers_in_lake, to_lake
from fieldfare.know.computed.compute import TraitsComputed
from fieldfare.know.computed.model import Computed, fifths_of
from fieldfare.know.computed.parse import parse_traits_file
from fieldfare.know.cuts.model import EVERYWHERE, Cut, CutsInForce, CutVersion, Mark, PlaceMarks
from fieldfare.know.profiles.files import TraitsFile
from fieldfare.know.profiles.fold import fold, needs_personal
from fieldfare.know.profiles.model import Document, Sensitivity, TraitValue
from fieldfare.know.profiles.plan import FoldPlan
from fieldfare.know.profiles.values import MOST_VALUES
from tests.amounts import examples
from tests.decide.know.audiences.definitions import PHASES, PLACES, lake_of
from tests.decide.know.audiences.test_to_lake import moment_after
from tests.decide.know.worlds import LOCATIONS, START_AT, TRAITS, ZONES, make_event, population

COMPUTED: dict[str, Any] = {
    "visits": {"measure": "count", "event": "Checked In"},
    "visits_7d": {"measure": "count", "event": "Checked In", "within": "7 days"},
    "recency_days": {"days_since": "last", "event": "Checked In"},
    "tenure_days": {"days_since": "first", "event": "Order Completed", "where": {"category": "gold"}},
    "member_days": {"days_since": "trait", "trait": "since"},
    "last_order_at": {"moment_of": "last", "event": "Order Completed"},
    "spend_16d": {"measure": "sum", "of": "total", "event": "Order Completed", "within": "16 days"},
    "spend": {"measure": "sum", "of": "total", "event": "Order Completed"},
    "biggest": {"measure": "max", "of": "total", "event": "Order Completed"},
    "smallest_200h": {"measure": "min", "of": "total", "event": "Order Completed", "within": "200 hours"},
    "first_category": {"measure": "first", "of": "category", "event": "Order Completed"},
    "favourite_day": {"measure": "most_frequent", "of": "weekday", "event": "Checked In"},
    "favourite_place": {"measure": "most_frequent", "of": "location", "event": "Checked In", "within": "30 days"},
    "places": {"measure": "distinct", "of": "location", "event": "Checked In", "between": "30 and 3 days ago"},
    "tier": {"bands": "visits_7d", "steps": {"low": 0, "medium": 1, "high": 2}},
    "fading": {"bands": "recency_days", "steps": {"fresh": 0, "cooling": 5, "cold": 12.5}},
    "weekly": {"ratio": ["visits", 4]},
    "share": {"ratio": ["spend_16d", "spend"]},
    "gap": {"difference": ["member_days", "recency_days"]},
    "worth": {"coalesce": ["score", "spend"]},
    "r": {"quintile": "recency_days", "best": "low"},
    "f": {"quintile": "visits"},
    "rf": {"join": ["r", "f", "tier"]},
}


def published(numbers: dict[str, tuple[float, ...]]) -> CutsInForce:
    cuts = {}
    for trait, each in numbers.items():
        told = PlaceMarks(tuple(Mark(number) for number in each), 10)
        name = fifths_of(trait).name
        cuts[name] = CutVersion(name, 1, START_AT, {EVERYWHERE: told})
    return CutsInForce(cuts)


CUTS = published({"recency_days": (3, 6, 10, 20), "visits": (1, 2, 2, 4)})


def computed_of(entries: dict[str, Any]) -> dict[str, Computed]:
    told = {
        name: {"type": spec.type.value, "sensitivity": spec.sensitivity.value}
        for name, spec in TRAITS.items()
        if spec.sensitivity is Sensitivity.NONE
    }
    traits, problems = parse_traits_file(msgspec.convert({"traits": told, "computed": entries}, TraitsFile))
    assert traits is not None, problems
    return traits.computed


TRAITS_COMPUTED = {zone: TraitsComputed(computed_of(COMPUTED), zone, CUTS) for zone in ZONES}
CONDITIONS: list[Condition] = [did for name in COMPUTED for did in TRAITS_COMPUTED["UTC"].asks(name)[0]]
PLAN = FoldPlan(measures_of(CONDITIONS).values(), TRAITS)


def folded(events: list[Event]) -> Document:
    document, personal = Document(), dict[str, TraitValue]()
    for event in events:
        fold(document, personal if needs_personal(event, PLAN) else None, event, PLAN)
    return document


def visits(*days: int) -> list[Event]:
    return [make_event("Checked In", at=START_AT + day * DAY + 6 * HOUR, location="north") for day in days]


def value(name: str, document: Document, day: int, zone: str = "UTC") -> tuple[Any, int | None]:
    found, until = Evaluator([], zone=zone, computed=TRAITS_COMPUTED[zone]).trait(name, document, START_AT + day * DAY)
    return found, None if until is None else (until - START_AT) // DAY


def test_values_and_until_when_they_hold() -> None:
    document = folded([*visits(0, 0, 3), make_event("identify", payload={"since": "2026-03-10", "plan": "gold"})])
    assert value("visits", document, 5) == (3, None)
    assert value("visits_7d", document, 5) == (3, 8)
    assert value("visits_7d", document, 8) == (1, 11)
    assert value("recency_days", document, 5) == (2, 6)
    assert value("member_days", document, 5) == (15, 6)
    assert value("tier", document, 5) == ("high", 8)
    assert value("tier", document, 9) == ("medium", 11)
    assert value("fading", document, 5) == ("fresh", 8)
    assert value("fading", document, 9) == ("cooling", 16)
    assert value("fading", document, 40) == ("cold", None)
    assert value("weekly", document, 5) == (0.75, None)
    assert value("gap", document, 5) == (13.0, 6)
    assert value("favourite_place", document, 5) == ("north", 31)
    assert value("favourite_day", document, 5) == ("fri", None)
    assert value("share", document, 5) == (None, None)
    assert value("worth", document, 5) == (0.0, None)
    assert value("r", document, 5)[0] == 5
    assert value("rf", document, 5)[0] == "54high"
    assert value("last_order_at", document, 5) == (None, None)
    ordered = folded([make_event(at=START_AT + 1)])
    assert value("last_order_at", ordered, 5) == ("2026-03-20T00:00:00.000001Z", None)


def test_without_events_there_is_no_value_and_no_cut_is_not_computable() -> None:
    empty = folded([make_event("Other")])
    assert value("recency_days", empty, 5) == (None, None)
    assert value("r", empty, 5) == (None, None)
    assert value("visits", empty, 5) == (0, None)
    uncut = TraitsComputed(computed_of(COMPUTED), "UTC")
    assert not uncut.is_sure("rf")
    assert not TRAITS_COMPUTED["UTC"].is_sure("rf"), "a cut may be published at any time, and the first one is missing"
    assert TRAITS_COMPUTED["UTC"].is_sure("visits")
    assert not TRAITS_COMPUTED["UTC"].is_sure("favourite_day")
    for name in ("r", "rf"):
        assert uncut.run(name)(folded(visits(0)), START_AT, 0)[0] is NOT_COMPUTABLE
    condition = parsed({"trait": "r", "is": 5})
    evaluator = Evaluator([Audience("best", condition, "b")], zone="UTC", computed=uncut)
    assert evaluator.evaluate(folded(visits(0)), START_AT) == []
    assert evaluator.state(condition, folded(visits(0)), START_AT)[0] is None


def test_a_full_list_is_not_computable() -> None:
    many = [make_event("Checked In", location=f"v{number}") for number in range(MOST_VALUES + 9)]
    assert value("favourite_place", folded(many), 1)[0] is NOT_COMPUTABLE
    assert value("places", folded(many), 6)[0] is NOT_COMPUTABLE


def parsed(node: dict[str, Any]) -> Condition:
    condition, problems = parse_condition(node, ())
    assert condition is not None, problems
    return condition


@pytest.mark.parametrize(
    ("asked", "truth", "changes_on"),
    [
        ({"trait": "recency_days", "above": 30}, False, 34),
        ({"trait": "recency_days", "at_least": 30}, False, 33),
        ({"trait": "recency_days", "below": 1_000}, True, 1_003),
        ({"trait": "recency_days", "is": 4}, False, 7),
        ({"trait": "recency_days", "above": 1}, True, None),
        ({"trait": "fading", "is": "cold"}, False, 16),
        ({"trait": "fading", "is_not": "fresh"}, False, 8),
        ({"trait": "tier", "in": ["high", "medium"]}, True, 11),
        ({"trait": "visits_7d", "below": 2}, False, 8),
        ({"trait": "recency_days", "exists": True}, True, None),
        ({"trait": "r", "at_most": 4}, False, 7),
    ],
)
def test_conditions_wake_when_the_truth_turns_and_not_before(
    asked: dict[str, Any], truth: bool, changes_on: int | None
) -> None:
    evaluator = Evaluator([], zone="UTC", computed=TRAITS_COMPUTED["UTC"])
    expected = None if changes_on is None else START_AT + changes_on * DAY
    assert evaluator.state(parsed(asked), folded(visits(0, 0, 3)), START_AT + 5 * DAY) == (truth, expected)


def test_events_that_a_computed_trait_follows_from_evaluate_who_asks_for_it() -> None:
    audiences = [
        Audience("idle", parsed({"trait": "fading", "is": "cold"}), "i"),
        Audience("long", parsed({"trait": "gap", "above": 3}), "l"),
    ]
    evaluator = Evaluator(audiences, zone="UTC", computed=TRAITS_COMPUTED["UTC"])
    document = Document()
    for event, expected in (
        (visits(0)[0], []),
        (make_event("identify", at=START_AT + DAY, payload={"since": "2026-03-01"}), [("long", True)]),
    ):
        touched = fold(document, None, event, PLAN)
        edges = evaluator.evaluate(document, event.received_at, touched)
        assert [(edge.audience, edge.joined) for edge in edges] == expected
    assert [edge.at for edge in evaluator.advance(document, START_AT + 90 * DAY) if edge.audience == "idle"] == [
        START_AT + 13 * DAY
    ]


@pytest.fixture(scope="module")
def duckdb() -> Iterator[Any]:
    connection = ibis.duckdb.connect(":memory:", threads=1)
    yield connection
    connection.disconnect()


_texts = st.sampled_from(["gold", "sat", "north", "high", "cold", "low", "54high", ""])
_numbers = st.one_of(st.integers(-2, 20), st.sampled_from([0.5, 12.5]))


@st.composite
def asked_of_computed(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a condition on a computed trait; often one that fits its type."""
    name = draw(st.sampled_from(sorted(COMPUTED)))
    if name == "last_order_at" and draw(st.booleans()):
        return {"trait": name, draw(st.sampled_from(["newer_than", "older_than"])): f"{draw(st.integers(0, 30))} days"}
    operator = draw(st.sampled_from(["above", "below", "at_least", "at_most", "is", "is_not", "in", "exists"]))
    if operator == "exists":
        return {"trait": name, "exists": draw(st.booleans())}
    if operator == "in":
        return {"trait": name, "in": draw(st.lists(st.one_of(_texts, _numbers), min_size=1, max_size=3))}
    return {"trait": name, operator: draw(st.one_of(_texts, _numbers) if operator.startswith("is") else _numbers)}


@settings(
    max_examples=examples(40),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(st.lists(asked_of_computed(), min_size=3, max_size=3), st.sampled_from(ZONES), st.integers(0, 10_000))
def test_both_readings_of_conditions_agree(duckdb: Any, asked: list[dict[str, Any]], zone: str, seed: int) -> None:
    people = population(seed, zone)
    now = moment_after(people, seed, zone)
    audiences = [Audience(f"a{place}", parsed(node), str(place)) for place, node in enumerate(asked)]
    computed = TRAITS_COMPUTED[zone]
    evaluator = Evaluator(audiences, zone=zone, phases=PHASES, places=PLACES, computed=computed)
    kept: dict[str, set[int]] = {audience.name: set() for audience in audiences}
    for profile, events in enumerate(people):
        document, personal = Document(), dict[str, TraitValue]()
        for event in events:
            if document.first_seen_at is not None:
                evaluator.advance(document, event.received_at)
            touched = fold(document, personal if needs_personal(event, PLAN) else None, event, PLAN)
            evaluator.evaluate(document, event.received_at, touched)
        evaluator.advance(document, now)
        for name in document.memberships:
            kept[name].add(profile)
    events, profiles = lake_of(duckdb, people)
    moment = Moment(now, zone, PHASES, PLACES, (*LOCATIONS,), computed)
    for audience in audiences:
        table = to_lake(audience.condition, {}, events, profiles, moment)
        found = {row["profile_id"] for row in duckdb.to_pyarrow(table).to_pylist()}
        assert found == kept[audience.name], audience


def test_numbers_in_the_lake_are_those_of_documents(duckdb: Any) -> None:
    names = [name for name, trait in computed_of(COMPUTED).items() if trait.kind == "number"]
    for seed, zone in enumerate(ZONES):
        people = population(seed, zone)
        now = moment_after(people, seed, zone)
        events, profiles = lake_of(duckdb, people)
        computed = TRAITS_COMPUTED[zone]
        moment = Moment(now, zone, PHASES, PLACES, (*LOCATIONS,), computed)
        documents = [folded(events_of_one) for events_of_one in people]
        for name in names:
            table = numbers_in_lake(Cut(name, ()), events, profiles, moment)
            rows = duckdb.to_pyarrow(table).to_pylist()
            values = [computed.run(name)(document, now, today_in(now, zone))[0] for document in documents]
            expected = {profile: value for profile, value in enumerate(values) if value is not None}
            assert {row["profile_id"]: row["number"] for row in rows} == expected, name


def test_days_follow_the_calendar_where_clocks_change() -> None:
    zone = "Europe/Berlin"
    day = local_day(START_AT + 9 * DAY, zone)  # clocks go forward on 29 March 2026
    start = day_start(day, zone)
    document = folded([make_event("Checked In", at=start + HOUR, zone=zone)])
    evaluator = Evaluator([], zone=zone, computed=TRAITS_COMPUTED[zone])
    assert evaluator.trait("recency_days", document, start + 22 * HOUR) == (0, start + 23 * HOUR)
    assert evaluator.trait("recency_days", document, start + 23 * HOUR) == (1, start + 47 * HOUR)
