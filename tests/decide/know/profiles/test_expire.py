"""Retention: a value is dropped at its instant, and what is folded around that does not depend on the order."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldfare.collect.model import Event
from fieldfare.ground.instants import DAY, Instant
from fieldfare.know.profiles.expire import WAKE, due_traits, expire, note_all
from fieldfare.know.profiles.fold import fold
from fieldfare.know.profiles.model import Document, Sensitivity, TraitSpec, TraitType, TraitValue
from fieldfare.know.profiles.plan import NOTHING, FoldPlan, Touched
from tests.amounts import examples
from tests.decide.know.profiles.test_fold import PLAN, folded, same
from tests.decide.know.worlds import SPAN, START_AT, histories, make_event

ENDS_AT = START_AT + 5 * DAY


def run(document: Document, personal: dict[str, TraitValue], plan: FoldPlan, now: Instant) -> Touched:
    return expire(document, personal, due_traits(document, now), plan, now)


def test_a_value_is_dropped_to_the_instant() -> None:
    document, personal = folded([make_event("identify", source="pos", payload={"fleeting": "a", "plan": "gold"})])
    assert document.wakes == {WAKE + "fleeting": ENDS_AT}
    assert run(document, personal, PLAN, ENDS_AT - 1) == NOTHING
    assert document.traits["fleeting"].value == "a"
    assert run(document, personal, PLAN, ENDS_AT) == Touched(traits=("fleeting",))
    assert document.traits["fleeting"] == TraitValue(None, "pos", START_AT, START_AT)
    assert document.traits["plan"].value == "gold"
    assert document.wakes == {}


def test_a_younger_value_lasts_longer_and_null_needs_no_wake_up() -> None:
    young = make_event("identify", source="pos", at=START_AT + DAY, payload={"fleeting": "b"})
    document, personal = folded([make_event("identify", source="pos", payload={"fleeting": "a"}), young])
    assert document.wakes == {WAKE + "fleeting": ENDS_AT + DAY}
    unset = make_event("identify", source="pos", at=START_AT + 2 * DAY, payload={"fleeting": None})
    fold(document, personal, unset, PLAN)
    assert document.wakes == {}


def test_sealed_traits_and_home_expire_too() -> None:
    specs = {
        "home_location": TraitSpec("home_location", TraitType.TEXT, retention_days=1),
        "phone": TraitSpec("phone", TraitType.TEXT, Sensitivity.CONTACT, retention_days=1),
    }
    plan = FoldPlan([], specs)
    event = make_event("identify", payload={"home_location": "north", "phone": "+491701234567"})
    document, personal = folded([event], plan=plan)
    assert document.phone_zone == "Europe/Berlin"
    assert run(document, personal, plan, START_AT + DAY) == Touched(traits=("home_location",), home=True)
    assert personal["phone"].value is None
    assert msgspec.to_builtins(document)[7] is None, "the home location"
    assert msgspec.to_builtins(document)[14] is None, "the zone of the phone's area"
    with pytest.raises(AssertionError, match="open the personal"):
        expire(folded([event], plan=plan)[0], None, ["phone"], plan, START_AT + DAY)


def test_a_wake_up_of_a_trait_without_retention_goes_away() -> None:
    document = Document(wakes={WAKE + "plan": 1}, traits={"plan": TraitValue("gold", "app", 0, 0)})
    assert expire(document, None, ["plan"], PLAN, 2) == NOTHING
    assert (document.wakes, document.traits["plan"].value) == ({}, "gold")


def test_joined_documents_keep_the_wake_ups_of_what_survived() -> None:
    document, personal = folded([make_event("identify", source="pos", payload={"fleeting": "a"})])
    document.wakes.clear()
    note_all(document, personal, PLAN)
    assert document.wakes == {WAKE + "fleeting": ENDS_AT}


@settings(max_examples=examples(150), deadline=None)
@given(histories("Europe/Berlin"), st.integers(0, 2 * SPAN))
def test_expiring_between_events_is_expiring_at_the_end(events: list[Event], after: int) -> None:
    document, personal = Document(), dict[str, TraitValue]()
    for event in events:
        run(document, personal, PLAN, event.received_at)
        fold(document, personal, event, PLAN)
        run(document, personal, PLAN, event.received_at)
    now = max(event.received_at for event in events) + after
    at_once, at_once_personal = folded(events)
    run(document, personal, PLAN, now)
    run(at_once, at_once_personal, PLAN, now)
    assert same((document, personal), (at_once, at_once_personal))


def test_a_drop_that_forgets_the_source_is_caught() -> None:
    record = make_event("identify", source="pos", payload={"fleeting": "a"})
    other = make_event("identify", source="app", at=START_AT + DAY, payload={"fleeting": "b"})
    document, personal = folded([record])
    run(document, personal, PLAN, ENDS_AT)
    careless = msgspec.convert(msgspec.to_builtins(document), Document)
    careless.traits.clear()
    assert same(folded([record, other]), folded([other, record]))
    for each in (document, careless):
        fold(each, personal, other, PLAN)
    assert document.traits["fleeting"].value is None
    assert careless.traits["fleeting"].value == "b"
