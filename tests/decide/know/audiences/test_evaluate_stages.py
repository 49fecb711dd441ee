"""Stages: one at a time, exact at every instant, whatever the batches; and what asks for them follows at once."""

import itertools

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fieldfare.collect.model import Event
from fieldfare.ground.instants import DAY, Instant
from fieldfare.know.audiences.evaluate import Evaluator, next_wake
from fieldfare.know.audiences.measures import measures_of
from fieldfare.know.audiences.model import Audience, Condition, InAudience, InStage, Negation
from fieldfare.know.audiences.parse import parse_condition
from fieldfare.know.lifecycle.model import RULE, Move, Stage
from fieldfare.know.lifecycle.step import moves
from fieldfare.know.profiles.fold import fold
from fieldfare.know.profiles.merge import merge
from fieldfare.know.profiles.model import Document
from fieldfare.know.profiles.plan import NOTHING, FoldPlan
from tests.amounts import examples
from tests.decide.know.audiences.definitions import PHASES, PLACES, conditions, cuts_for
from tests.decide.know.worlds import SPAN, START_AT, TRAITS, histories, make_event


def condition(node: object) -> Condition:
    found, problems = parse_condition(node, ())
    assert found is not None, problems
    return found


VISITED = condition({"did": "Checked In", "within": "5 days"})
STAGES = (
    Stage("back", VISITED, condition({"did": "Checked In", "between": "9 and 6 days ago"}), ("gone",)),
    Stage("gone", condition({"all": [{"did": "Checked In"}, {"did_not": "Checked In", "within": "10 days"}]})),
    Stage("here", VISITED),
    Stage("new", condition({"did_not": "Checked In"})),
)
AUDIENCES = (
    Audience("slipping", Negation(InStage(("here", "back", "new"))), ""),
    Audience("lost", InAudience("slipping"), ""),
)
EVALUATOR = Evaluator(AUDIENCES, zone="UTC", stages=STAGES)
PLAN = FoldPlan(measures_of(each for stage in STAGES for _, each in stage.rules()).values(), TRAITS)


def advance(document: Document, until: Instant, moved: list[Move], evaluator: Evaluator = EVALUATOR) -> None:
    while (due := next_wake(document)) is not None and due <= until:
        evaluator.evaluate(document, due, NOTHING, moved)


def take(document: Document, event: Event, moved: list[Move]) -> None:
    advance(document, event.received_at, moved)
    EVALUATOR.evaluate(document, event.received_at, fold(document, {}, event, PLAN), moved)


def test_a_life() -> None:
    document, moved = Document(), list[Move]()
    take(document, make_event("Order Completed"), moved)
    for day in (1, 3, 20, 24, 27):
        take(document, make_event("Checked In", at=START_AT + day * DAY), moved)
    advance(document, START_AT + 99 * DAY, moved)
    days = [((move.at - START_AT) / DAY, move.from_stage, move.to_stage) for move in moved]
    assert days == [
        (0, None, "new"),
        (1, "new", "here"),
        (9, "here", None),
        (14, None, "gone"),
        (20, "gone", "back"),
        (26, "back", "here"),
        (33, "here", None),
        (38, None, "gone"),
    ]
    assert (document.stage, document.stage_since) == ("gone", START_AT + 38 * DAY)


def test_what_asks_for_a_stage_follows_in_the_same_instant() -> None:
    document, moved = Document(), list[Move]()
    take(document, make_event("Checked In"), moved)
    assert document.memberships == {}
    advance(document, START_AT + 99 * DAY, moved)
    assert document.memberships == {"slipping": START_AT + 6 * DAY, "lost": START_AT + 6 * DAY}
    edges = EVALUATOR.evaluate(
        document,
        START_AT + 99 * DAY,
        fold(document, {}, make_event("Checked In", at=START_AT + 99 * DAY), PLAN),
    )
    assert [(edge.audience, edge.joined) for edge in edges] == [("slipping", False), ("lost", False)]
    assert document.stage == "back"


def test_rules_are_no_audiences() -> None:
    document = Document()
    edges = EVALUATOR.evaluate(document, START_AT, fold(document, {}, make_event("Checked In"), PLAN))
    assert edges == []
    assert document.rules == ["stage:back:enter", "stage:here:enter"]
    assert document.memberships == {}


def test_stages_that_are_no_more_are_left() -> None:
    document = Document()
    EVALUATOR.evaluate(document, START_AT, fold(document, {}, make_event("Checked In"), PLAN))
    moved: list[Move] = []
    Evaluator([], zone="UTC").evaluate(document, START_AT + 1, None, moved)
    assert moved == [Move("here", None, START_AT + 1)]
    assert (document.stage, document.stage_since, document.rules, document.wakes) == (None, None, [], {})


def test_a_rule_cannot_ask_for_what_it_decides() -> None:
    with pytest.raises(AssertionError, match="asks for a stage"):
        Evaluator(AUDIENCES, zone="UTC", stages=[Stage("odd", InAudience("lost"))])


def test_of_two_people_the_older_stage_goes_on() -> None:
    for one, other in (("gone", "new"), ("new", "gone")):
        since = {"gone": START_AT, "new": START_AT + DAY}
        into, gone = (Document(stage=name, stage_since=since[name]) for name in (one, other))
        assert merge(into, gone, PLAN).stage == "gone"
    assert merge(Document(), Document(stage="new", stage_since=1), PLAN).stage == "new"


@st.composite
def lifecycles(draw: st.DrawFn) -> list[Stage]:
    names = draw(st.lists(st.sampled_from("pqrs"), unique=True, min_size=1))
    after = st.one_of(st.none(), st.lists(st.sampled_from(names), max_size=2).map(tuple))
    return [Stage(name, draw(conditions()), draw(st.one_of(st.none(), conditions())), draw(after)) for name in names]


@settings(max_examples=examples(100), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_the_stage_is_exact_and_no_batch_or_needless_look_matters(data: st.DataObject) -> None:
    stages = data.draw(lifecycles())
    cuts = cuts_for((each for stage in stages for _, each in stage.rules()), 0)
    evaluator = Evaluator([], zone="UTC", phases=PHASES, places=PLACES, stages=stages, cuts=cuts)
    plan = FoldPlan(measures_of(each for stage in stages for _, each in stage.rules()).values(), TRAITS)
    lived, looked = Document(), Document()
    moved: list[Move] = []
    seen: list[Move] = []
    events = data.draw(histories("UTC"))
    for event in events:
        now = event.received_at
        for document, found in ((lived, moved), (looked, seen)):
            if document.first_seen_at is not None:
                advance(document, now, found, evaluator)
            evaluator.evaluate(document, now, fold(document, {}, event, plan), found)
        # The other one is written and read again, and everything is looked at once more.
        looked = msgspec.msgpack.decode(msgspec.msgpack.encode(looked), type=Document)
        evaluator.evaluate(looked, now, None, seen)
        assert (looked.stage, looked.stage_since, seen) == (lived.stage, lived.stage_since, moved)
        holding = {name for stage in stages for name, each in stage.rules() if evaluator.truth(each, lived, now)}
        assert [name for name in lived.rules if name.startswith(RULE)] == sorted(holding)
        assert moves(stages, lived.stage, holding) == []
    advance(lived, events[-1].received_at + SPAN, moved, evaluator)
    steps = [(move.from_stage, move.to_stage) for move in moved]
    assert all(one[1] == two[0] for one, two in itertools.pairwise(steps))
    assert [move.at for move in moved] == sorted(move.at for move in moved)


def test_stepping_by_the_last_look_alone_would_lose_the_return() -> None:
    document, moved = Document(), list[Move]()
    take(document, make_event("Checked In"), moved)
    late = msgspec.msgpack.decode(msgspec.msgpack.encode(document), type=Document)
    back = make_event("Checked In", at=START_AT + 20 * DAY)
    take(document, back, moved)
    careless: list[Move] = []
    EVALUATOR.evaluate(late, back.received_at, fold(late, {}, back, PLAN), careless)
    assert document.stage == "back"
    assert late.stage == "here", "whoever leaves out the wake-ups on the way never sees that they had gone"
