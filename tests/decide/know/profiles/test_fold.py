"""Folding: what one event changes, and that the order of events, their batches and merges do not matter."""

from collections.abc import Callable
from itertools import permutations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldfare.collect.model import Event
from fieldfare.ground.instants import DAY, HOUR
from fieldfare.ground.workspace.model import OWN_SOURCE
from fieldfare.know.profiles.fold import fold, needs_personal
from fieldfare.know.profiles.model import (
    Basis,
    Document,
    Keeps,
    Measure,
    PropertyTest,
    TraitSpec,
    TraitStatus,
    TraitType,
    TraitValue,
)
from fieldfare.know.profiles.plan import FoldPlan, Ignored, Touched
from fieldfare.know.profiles.survive import MOST_TRAITS
from tests.amounts import examples
from tests.decide.know.worlds import ORIGINS, START_AT, WEIGHED, histories, make_event

MEASURES = (
    Measure("all", "Order Completed"),
    Measure("days", "Order Completed", of="total", horizon_days=30),
    Measure("hours", "Checked In", of="total", horizon_us=48 * HOUR),
    Measure("both", "Checked In", horizon_days=7, horizon_us=HOUR),
    Measure("big", "Order Completed", (PropertyTest("total", "above", 2),), "total", 30),
    Measure("weekend", "Checked In", (PropertyTest("weekday", "in", ("sat", "sun")),), None, 30),
    Measure("north", "Checked In", (PropertyTest("location", "is", "north"),), None, 30),
    Measure("extremes", "Order Completed", (), "total", 30, 48 * HOUR, Keeps.EXTREMES),
    Measure("ends", "Order Completed", (), "category", 30, 48 * HOUR, Keeps.ENDS),
    Measure("kinds", "Order Completed", (PropertyTest("total", "above", 0),), "category", 7, HOUR, Keeps.VALUES),
    Measure("places", "Checked In", (), "location", 0, 0, Keeps.VALUES),
    Measure("seen", "Checked In", (), None, 0, 0, Keeps.DAYS),
    Measure("when", "Checked In", (), None, 0, 30 * DAY, Keeps.MOMENTS),
)
PLAN = FoldPlan(MEASURES, WEIGHED, origins=ORIGINS, moves_after_days=3)
People = tuple[Document, dict[str, TraitValue]]
Fold = Callable[[Document, dict[str, TraitValue] | None, Event, FoldPlan], Touched]


def folded(events: list[Event], using: Fold = fold, plan: FoldPlan = PLAN) -> People:
    document, personal = Document(), dict[str, TraitValue]()
    for event in events:
        using(document, personal if needs_personal(event, plan) else None, event, plan)
    return document, personal


def same(one: People, other: People) -> bool:
    """Compare as written to the store, so that 1 and true, and the order of lists, count as different."""
    encode = msgspec.msgpack.Encoder(order="deterministic").encode
    return encode(one) == encode(other)


def test_measures_count_sum_and_filter() -> None:
    events = [
        make_event(at=START_AT + 2 * DAY, payload={"total": 3}),
        make_event(at=START_AT, payload={"total": 1.25}),
        make_event(at=START_AT, payload={"total": True}),
        make_event(at=START_AT, payload={"total": "7"}),
        make_event(at=START_AT + 1, payload={}),
    ]
    document, _ = folded(events)
    day = events[1].local_day
    assert document.measures["days"].tiles == [day, 4, 12_500, day + 2, 1, 30_000]
    assert document.measures["big"].tiles == [day + 2, 1, 30_000]
    assert (document.measures["all"].base_count, document.measures["all"].tiles) == (5, [])
    assert document.measures["days"].first_at == START_AT
    assert document.measures["days"].last_at == document.last_seen_at == START_AT + 2 * DAY


@pytest.mark.parametrize(
    ("value", "amount"),
    [(0.00005, 1), (-0.00005, 0), (0.1, 1000), (12.345, 123_450), (1e300, 0), (10**11, 10**15), (10**11 + 1, 0)],
)
def test_sums_are_whole_ten_thousandths(value: float, amount: int) -> None:
    document, _ = folded([make_event(payload={"total": value})])
    assert document.measures["days"].tiles[2] == amount


def test_stamps_serve_hours_and_do_not_count_twice() -> None:
    events = [make_event("Checked In", at=START_AT + gap, payload={"total": gap}) for gap in (5, 3, 5, 4)]
    document, _ = folded(events)
    hours = document.measures["hours"]
    assert hours.stamps[::2] == [START_AT + 3, START_AT + 4, START_AT + 5, START_AT + 5]
    assert hours.base_count == 4
    assert not hours.tiles


def test_the_youngest_trait_survives() -> None:
    old = make_event("identify", at=START_AT, payload={"plan": "basic", "score": 1})
    young = make_event("identify", at=START_AT + 1, payload={"plan": "gold"})
    for events in ([old, young], [young, old]):
        document, _ = folded(events)
        assert document.traits["plan"] == TraitValue("gold", "app", START_AT + 1, START_AT + 1)
        assert document.traits["score"].value == 1


def test_context_traits_count_and_the_call_itself_goes_first() -> None:
    event = make_event("identify", payload={"plan": "gold"}, context={"traits": {"plan": "basic", "score": 2}})
    document, _ = folded([event])
    assert (document.traits["plan"].value, document.traits["score"].value) == ("gold", 2)
    group = msgspec.structs.replace(make_event("group", payload={"plan": "team"}), type="group")
    assert folded([group])[0].traits == {}


@pytest.mark.parametrize(
    "payload",
    [
        {"email": "ada@example.com"},
        {"firstName": "Ada"},
        {"Last_Name": "L"},
        {"primary_phone": "1"},
        {"diagnosis": "asthma"},
        {"company": {"contacts": [{"email": "ada@example.com"}]}},
    ],
)
def test_personal_traits_go_to_the_sealed_part_only(payload: dict[str, object]) -> None:
    event = make_event("identify", payload=payload)
    assert needs_personal(event, PLAN)
    document, personal = folded([event])
    assert document.traits == {}
    assert {name: fact.value for name, fact in personal.items()} == payload


def test_plain_traits_need_no_unsealing() -> None:
    assert not needs_personal(make_event("identify", payload={"plan": "gold", "company": {"size": 3}}), PLAN)
    assert not needs_personal(make_event(payload={"email": "a property, not a trait"}), PLAN)
    assert needs_personal(make_event(context={"traits": {"email": "x"}}), PLAN)


def test_declared_types_are_brought_to_one_form_or_ignored() -> None:
    given_traits = {
        "since": "2026-03-01T10:00:00+02:00",
        "seen": "2026-03-01T10:00:00+02:00",
        "score": "3",
        "active": 1,
        "plan": None,
        "tags": "yoga",
        "note": "x" * 4_097,
        "": 1,
    }
    document, personal = Document(), dict[str, TraitValue]()
    touched = fold(document, personal, make_event("identify", payload=given_traits), PLAN)
    assert document.traits["since"].value == "2026-03-01"
    assert document.traits["seen"].value == "2026-03-01T08:00:00.000000Z"
    assert document.traits["plan"].value is None
    assert set(touched.ignored) == {
        Ignored("score", "wrong_type"),
        Ignored("active", "wrong_type"),
        Ignored("tags", "wrong_type"),
        Ignored("note", "too_large"),
        Ignored("", "bad_name"),
    }
    assert set(touched.traits) == {"since", "seen"}


def test_a_profile_keeps_a_bounded_number_of_undeclared_traits() -> None:
    names = [f"t{number:04}" for number in range(MOST_TRAITS + 20)]
    one = folded([make_event("identify", payload=dict.fromkeys([*names, "plan"], "x"))])
    other = folded([make_event("identify", payload={name: "x"}) for name in ["plan", *reversed(names)]])
    assert sorted(one[0].traits) == sorted([*names[:MOST_TRAITS], "plan"])
    assert same(one, other)


def test_touched_names_what_changed() -> None:
    document = Document()
    first = fold(document, None, make_event(payload={"total": 1}), PLAN)
    assert first == Touched(measures=("all", "days", "extremes"), first=True)
    again = fold(document, None, make_event(payload={"total": 5, "category": "a"}), PLAN)
    assert again == Touched(measures=("all", "days", "big", "extremes", "ends", "kinds"))
    assert fold(document, None, make_event(payload={"total": "x"}), PLAN) == Touched(measures=("all", "days"))
    assert fold(document, None, make_event("Something Else"), PLAN) == Touched()
    trait = fold(document, None, make_event("identify", payload={"plan": "gold"}), PLAN)
    assert trait == Touched(traits=("plan",))
    assert fold(document, None, make_event("identify", at=START_AT + 1, payload={"plan": "gold"}), PLAN) == Touched()
    true = fold(document, None, make_event("identify", at=START_AT + 2, payload={"undeclared": True}), PLAN)
    one = fold(document, None, make_event("identify", at=START_AT + 3, payload={"undeclared": 1}), PLAN)
    assert true.traits == one.traits == ("undeclared",)


def test_home_is_the_trait_else_where_the_last_event_was() -> None:
    document = Document()
    assert fold(document, None, make_event(location="north"), PLAN).home
    assert not fold(document, None, make_event(at=START_AT - 1, location="south"), PLAN).home
    assert document.home_location == "north"
    assert fold(document, None, make_event("identify", payload={"home_location": "east"}), PLAN).home
    assert not fold(document, None, make_event(at=START_AT + 9, location="south"), PLAN).home
    assert document.home_location == "east"
    unset = make_event("identify", at=START_AT + 1, payload={"home_location": None})
    assert fold(document, None, unset, PLAN).home
    assert document.home_location == "south"


@settings(max_examples=examples(150), deadline=None)
@given(histories("Europe/Berlin"), st.randoms(use_true_random=False))
def test_order_does_not_matter(events: list[Event], random: object) -> None:
    shuffled = list(events)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert same(folded(events), folded(shuffled))


@settings(max_examples=examples(100), deadline=None)
@given(histories("Europe/Berlin"), st.integers(0, 12))
def test_batches_do_not_matter(events: list[Event], cut: int) -> None:
    document, personal = folded(events[:cut])
    stored = msgspec.msgpack.encode((document, personal))
    document, personal = msgspec.msgpack.decode(stored, type=tuple[Document, dict[str, TraitValue]])
    for event in events[cut:]:
        fold(document, personal, event, PLAN)
    assert same((document, personal), folded(events))


@settings(max_examples=examples(100), deadline=None)
@given(histories("Europe/Berlin"))
def test_nothing_personal_stands_in_the_document(events: list[Event]) -> None:
    assert b"secret" not in msgspec.msgpack.encode(folded(events)[0])


@settings(max_examples=examples(150), deadline=None)
@given(histories("Europe/Berlin"))
def test_a_verified_value_is_never_replaced_by_an_inferred_one(events: list[Event]) -> None:
    document, personal = Document(), dict[str, TraitValue]()
    sure: set[str] = set()
    for event in events:
        fold(document, personal, event, PLAN)
        held = {**document.traits, **personal}
        assert all(held[name].basis is not Basis.INFERRED for name in sure)
        sure |= {name for name, fact in held.items() if fact.basis is Basis.VERIFIED}


def test_how_a_value_is_known() -> None:
    own = make_event("identify", payload={"plan": "gold", "plan_verified": True, "score": 1})
    assert {name: (fact.basis, fact.confidence) for name, fact in folded([own])[0].traits.items()} == {
        "plan": (Basis.VERIFIED, 100),
        "plan_verified": (Basis.DECLARED, 100),
        "score": (Basis.DECLARED, 100),
    }
    aside = make_event("identify", payload={"plan": "gold"}, context={"traits": {"plan": "x", "plan_verified": True}})
    assert folded([aside])[0].traits["plan"].basis is Basis.DECLARED, "the other value was verified, not this one"
    assert folded([make_event("identify", payload={"email": "a@b.c"})])[1]["email"].basis is Basis.VERIFIED
    guessed = make_event("identify", source="guess", payload={"plan": "gold", "plan_verified": True})
    fact = folded([guessed])[0].traits["plan"]
    assert (fact.basis, fact.confidence) == (Basis.INFERRED, 70)


def test_the_system_of_record_goes_before_what_is_younger() -> None:
    record = make_event("identify", at=START_AT, source="pos", payload={"plan": "gold"})
    listed = make_event("identify", at=START_AT + DAY, source="app", payload={"plan": "basic"})
    other = make_event("identify", at=START_AT + 2 * DAY, source="web", payload={"plan": "trial"})
    for order in ([record, listed, other], [other, listed, record], [listed, other, record]):
        assert folded(order)[0].traits["plan"].value == "gold"
    assert folded([other, listed])[0].traits["plan"].value == "basic"


def test_what_is_not_declared_or_only_proposed_is_not_kept() -> None:
    proposed = {"plan": TraitSpec("plan", TraitType.TEXT, status=TraitStatus.PROPOSED)}
    plan = FoldPlan([], proposed, only=frozenset({"known"}))
    event = make_event("identify", payload={"plan": "gold", "known": 1, "other": 2, "email": "a@b.c"})
    document, personal = Document(), dict[str, TraitValue]()
    touched = fold(document, personal, event, plan)
    assert (list(document.traits), personal) == (["known"], {})
    assert set(touched.ignored) == {
        Ignored("plan", "proposed"),
        Ignored("other", "undeclared"),
        Ignored("email", "undeclared"),
    }


def test_devices_and_the_phones_area_are_remembered_without_the_number() -> None:
    seen = make_event(context={"timezone": "Asia/Tokyo"})
    own = make_event(context={"timezone": "UTC"}, source="fieldfare")
    called = make_event("identify", payload={"phone": "+491701234567"})
    document, _ = folded([seen, own, called])
    assert document.devices == [START_AT, "Asia/Tokyo"]
    assert document.phone_zone == "Europe/Berlin"
    assert folded([called, make_event("identify", at=START_AT + 1, payload={"phone": None})])[0].phone_zone is None


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_what_we_did_ourselves_is_no_sight_of_the_person(order: tuple[int, ...]) -> None:
    """Someone corrects a trait before and after the person came, whatever is folded first; until then it must do."""
    ours = [make_event(at=START_AT, source=OWN_SOURCE), make_event(at=START_AT + 9 * DAY, source=OWN_SOURCE)]
    theirs = [make_event(at=START_AT + DAY), make_event(at=START_AT + 3 * DAY)]
    document, _ = folded([[*ours, *theirs][place] for place in order])
    assert (document.first_seen_at, document.last_seen_at) == (START_AT + DAY, START_AT + 3 * DAY)
    alone, _ = folded(ours[:: 1 if order[0] % 2 else -1])
    assert (alone.first_seen_at, alone.last_seen_at) == (START_AT, START_AT + 9 * DAY)


def test_a_fold_that_depends_on_order_is_caught() -> None:
    def last_arrival_wins(
        document: Document, personal: dict[str, TraitValue] | None, event: Event, plan: FoldPlan
    ) -> Touched:
        touched = fold(document, personal, event, plan)
        for name, value in event.payload.items() if event.type == "identify" else ():
            document.traits[name] = TraitValue(value, event.source, event.occurred_at, event.received_at)
        return touched

    old = make_event("identify", at=START_AT, payload={"plan": "basic"})
    young = make_event("identify", at=START_AT + 1, payload={"plan": "gold"})
    assert same(folded([old, young]), folded([young, old]))
    assert not same(folded([old, young], last_arrival_wins), folded([young, old], last_arrival_wins))


def test_a_plan_without_the_declaration_lets_a_secret_through_and_is_caught() -> None:
    careless = FoldPlan(MEASURES, {"diagnosis": TraitSpec("diagnosis", TraitType.TEXT)})
    event = make_event("identify", payload={"diagnosis": "secret-a"})
    assert b"secret" in msgspec.msgpack.encode(folded([event], plan=careless)[0])
    assert b"secret" not in msgspec.msgpack.encode(folded([event])[0])
