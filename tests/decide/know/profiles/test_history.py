"""Explaining a trait: every value, the reason of each that does not survive, and agreement with the document."""

from hypothesis import given, settings
from hypothesis import strategies as st

from fieldfare.collect.model import Event
from fieldfare.ground.instants import DAY
from fieldfare.know.profiles.expire import due_traits, expire
from fieldfare.know.profiles.history import history
from fieldfare.know.profiles.model import TraitValue
from fieldfare.know.profiles.plan import FoldPlan
from fieldfare.know.profiles.survive import MOST_TRAITS
from tests.amounts import examples
from tests.decide.know.profiles.test_fold import PLAN, folded
from tests.decide.know.worlds import SPAN, START_AT, WEIGHED, histories, make_event, trait_values


def reasons(
    name: str, events: list[Event], plan: FoldPlan = PLAN, now: int = START_AT
) -> list[tuple[object, str | None]]:
    return [(told.fact.value, told.reason) for told in history(name, events, plan, now)]


def test_every_loser_has_its_reason() -> None:
    events = [
        make_event("identify", source="pos", payload={"plan": "gold"}),
        make_event("identify", source="pos", payload={"plan": "gold"}),
        make_event("identify", source="pos", payload={"plan": "basic"}),
        make_event("identify", source="pos", at=START_AT - DAY, payload={"plan": "old"}),
        make_event("identify", source="app", at=START_AT + DAY, payload={"plan": "listed"}),
        make_event("identify", source="guess", at=START_AT + 2 * DAY, payload={"plan": "guessed"}),
        make_event("identify", at=START_AT + 3 * DAY, payload={"plan": 7}),
        make_event("identify", at=START_AT + 4 * DAY, payload={"plan": "x" * 5_000}),
        make_event("Order Completed", payload={"plan": "a property"}),
    ]
    assert [(str(value)[:8], reason) for value, reason in reasons("plan", events)] == [
        ("gold", None),
        ("None", "too_large"),
        ("7", "wrong_type"),
        ("guessed", "inferred"),
        ("listed", "lower_source"),
        ("gold", "repeated"),
        ("basic", "tie"),
        ("old", "older"),
    ]


def test_what_is_over_or_has_no_room() -> None:
    fleeting = [make_event("identify", source="pos", payload={"fleeting": "a"})]
    assert reasons("fleeting", fleeting, now=START_AT + 5 * DAY - 1) == [("a", None)]
    assert reasons("fleeting", fleeting, now=START_AT + 5 * DAY) == [("a", "expired")]
    crowd = [make_event("identify", payload={f"t{number:04}": 1 for number in range(MOST_TRAITS + 1)})]
    assert reasons(f"t{MOST_TRAITS:04}", crowd) == [(1, "too_many")]
    assert reasons("t0000", crowd) == [(1, None)]
    closed = FoldPlan([], WEIGHED, only=frozenset())
    assert reasons("other", [make_event("identify", payload={"other": 1})], closed) == [(None, "undeclared")]
    assert reasons("other", []) == []


@settings(max_examples=examples(200), deadline=None)
@given(histories("Europe/Berlin"), st.sampled_from(sorted(trait_values)), st.integers(0, 2 * SPAN))
def test_it_agrees_with_the_document(events: list[Event], name: str, after: int) -> None:
    now = max(event.received_at for event in events) + after
    document, personal = folded(events)
    expire(document, personal, due_traits(document, now), PLAN, now)
    told = history(name, events, PLAN, now)
    for sealed, held in ((False, document.traits), (True, personal)):
        here = [each for each in told if each.sealed is sealed]
        survivors = [each.fact for each in here if each.reason is None]
        gone = [each.fact for each in here if each.reason == "expired"]
        fact = held.get(name)
        if survivors:
            assert survivors == [fact]
        elif gone:
            assert fact is not None
            assert fact in [unset(each) for each in gone]
        else:
            assert fact is None


def unset(fact: TraitValue) -> TraitValue:
    return TraitValue(None, fact.source, fact.occurred_at, fact.received_at, fact.basis, fact.confidence)


def test_an_explanation_by_recency_alone_would_disagree() -> None:
    record = make_event("identify", source="pos", payload={"plan": "gold"})
    younger = make_event("identify", source="app", at=START_AT + DAY, payload={"plan": "basic"})
    assert reasons("plan", [record, younger])[0] == ("gold", None)
    blind = FoldPlan([], {})
    assert reasons("plan", [record, younger], blind)[0] == ("basic", None)
