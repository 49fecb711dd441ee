"""Random audiences over the worlds, and the lake that the same events make."""

from collections.abc import Iterable, Sequence
from random import Random
from typing import Any

import msgspec
from hypothesis import strategies as st

from fieldfare.collect.model import Event
from fieldfare.ground.instants import DAY
from fieldfare.ground.workspace.model import Duration
from fieldfare.know.audiences.model import (
    Aggregate,
    Ahead,
    AllOf,
    Anniversary,
    AnyOf,
    AtLocation,
    Audience,
    Bound,
    Condition,
    Did,
    During,
    EventSequence,
    Following,
    HasConsent,
    HasIdentifier,
    Household,
    InAudience,
    InPhase,
    Limit,
    Look,
    MatchConfidence,
    MeasureTest,
    NamedMeasure,
    Negation,
    OnDay,
    Permission,
    Ranked,
    TraitAge,
    TraitDate,
    TraitTest,
    Window,
    walk,
)
from fieldfare.know.audiences.parse import condition_digest
from fieldfare.know.cuts.model import EVERYWHERE, Cut, CutsInForce, CutVersion, Mark, PlaceMarks, Rank
from fieldfare.know.profiles.model import PropertyTest
from fieldfare.know.profiles.personal import is_personal
from fieldfare.know.profiles.survive import as_declared
from fieldfare.testing.places import MappedPlaces, ScheduledPhases
from tests.decide.know.audiences.crowd import facts, kin
from tests.decide.know.worlds import EVENTS, LOCATIONS, START_AT, TRAITS

PLACES = MappedPlaces({"north": "coast", "east": "coast", "south": "inland"})
PHASES = ScheduledPhases(
    {
        None: [(0, frozenset({"off", "spring.off"}))],
        "north": [
            (0, frozenset({"off", "spring.off"})),
            (START_AT + 10 * DAY, frozenset({"peak", "spring.peak"})),
            (START_AT + 20 * DAY, frozenset({"off", "spring.off"})),
            (START_AT + 30 * DAY, frozenset({"peak", "spring.peak"})),
            (START_AT + 34 * DAY, frozenset({"off", "spring.off"})),
        ],
        "south": [
            (0, frozenset({"prepare"})),
            (START_AT + 15 * DAY + 1, frozenset({"peak"})),
            (START_AT + 25 * DAY + 5, frozenset({"off"})),
        ],
    }
)

_operands = st.one_of(
    st.sampled_from(["gold", "basic", "", "1", "true", "é/\n", "north", "sat", "yoga"]),
    st.integers(-3, 5),
    st.sampled_from([0.5, 1.0, 12.345]),
    st.booleans(),
)
_numbers = st.one_of(st.integers(-3, 5), st.sampled_from([0.5, 1.0, 12.345]))


_sizes = st.tuples(st.sampled_from(["at_least", "at_most", "above", "below", "exactly"]), st.integers(0, 3))


def tests_of(names: Sequence[str]) -> st.SearchStrategy[PropertyTest]:
    name = st.sampled_from(names)
    return st.one_of(
        st.builds(PropertyTest, name, st.sampled_from(["is", "is_not"]), _operands),
        st.builds(
            PropertyTest,
            name,
            st.sampled_from(["in", "not_in"]),
            st.lists(_operands, min_size=1, max_size=3).map(tuple),
        ),
        st.builds(PropertyTest, name, st.sampled_from(["above", "below", "at_least", "at_most"]), _numbers),
        st.builds(PropertyTest, name, st.just("contains"), st.sampled_from(["gold", "yoga", "é", "old", 'é\n"'])),
        st.builds(PropertyTest, name, st.just("exists"), st.booleans()),
        st.builds(
            PropertyTest,
            name,
            st.sampled_from(["starts_with", "ends_with"]),
            st.sampled_from(["g", "gold", "d", "é", "/\n", "%", "G"]),
        ),
        st.builds(
            PropertyTest,
            name,
            st.sampled_from(["contains_any", "contains_all"]),
            st.lists(st.sampled_from(["yoga", "spin", "gold", 'é\n"']), min_size=1, max_size=3).map(tuple),
        ),
        st.builds(PropertyTest, name, st.just("size"), st.lists(_sizes, min_size=1, max_size=2).map(tuple)),
    )


_days = st.integers(0, 40).map(lambda amount: Duration(amount, "day"))
_hours = st.one_of(
    st.integers(1, 200).map(lambda amount: Duration(amount, "hour")),
    st.integers(1, 200).map(lambda amount: Duration(amount, "minute")),
)


@st.composite
def windows(draw: st.DrawFn) -> Window | None:
    kind = draw(st.sampled_from(["ever", "days", "days", "days between", "hours", "hours between"]))
    if kind == "ever":
        return None
    spans = _days if kind.startswith("days") else _hours
    if not kind.endswith("between"):
        return Window(draw(spans))
    one, two = sorted((draw(spans), draw(spans)), key=lambda span: -span.us)
    return Window(one, two)


_counts = st.builds(Bound, st.sampled_from(["at_least", "at_most", "above", "below", "exactly"]), st.integers(0, 4))
_sums = st.builds(Bound, st.sampled_from(["at_least", "at_most", "above", "below"]), st.integers(-30_000, 60_000))
_where = st.lists(tests_of(["total", "category", "a/b~c.d", "weekday", "location", "missing"]), max_size=2).map(tuple)
_looked_at = st.sampled_from(["total", "category", "a/b~c.d", "weekday", "location"])
dids = st.one_of(
    st.builds(
        Did,
        st.sampled_from(EVENTS),
        _where,
        st.just(Aggregate.COUNT),
        st.none(),
        st.lists(_counts, min_size=1, max_size=2).map(tuple),
        windows(),
    ),
    st.builds(
        Did,
        st.sampled_from(EVENTS),
        _where,
        st.just(Aggregate.SUM),
        st.sampled_from(["total", "a/b~c.d"]),
        st.lists(_sums, min_size=1, max_size=2).map(tuple),
        windows(),
    ),
    st.builds(
        Did,
        st.sampled_from(EVENTS),
        _where,
        st.sampled_from([Aggregate.MIN, Aggregate.MAX]),
        st.sampled_from(["total", "a/b~c.d"]),
        st.lists(_sums, min_size=1, max_size=2).map(tuple),
        windows(),
    ),
    st.builds(
        Did,
        st.sampled_from(EVENTS),
        _where,
        st.just(Aggregate.DISTINCT),
        _looked_at,
        st.lists(_counts, min_size=1, max_size=2).map(tuple),
        windows(),
    ),
    _looked_at.flatmap(
        lambda name: st.builds(
            Did,
            st.sampled_from(EVENTS),
            _where,
            st.sampled_from([Aggregate.FIRST, Aggregate.LAST, Aggregate.MOST_FREQUENT]),
            st.just(name),
            st.just(()),
            windows(),
            st.lists(tests_of([name]), min_size=1, max_size=2).map(tuple),
        )
    ),
)
_durings = st.builds(During, st.sampled_from(["peak", "off", "spring.peak", "prepare"]), st.integers(0, 2))
_seldom = st.one_of(st.just(()), st.just(()), _where)
_totals = st.one_of(
    st.builds(Did, st.sampled_from(EVENTS[:2]), _seldom, st.just(Aggregate.COUNT), st.none(), st.just(())),
    st.builds(Did, st.sampled_from(EVENTS[:2]), _seldom, st.just(Aggregate.SUM), st.just("total"), st.just(())),
)
_measures = st.builds(NamedMeasure, st.just("m"), _totals, st.none() | _totals)


@st.composite
def _looks(draw: st.DrawFn, *, average: bool) -> Look:
    kind = draw(st.integers(0, 3))
    if kind == 0:
        during = draw(_durings)
        return Look(None, during, draw(st.none() | _days_long) if average and during.back else None)
    window = draw(windows())
    # An empty window has no average; such a definition is refused when it is read.
    is_empty = window is not None and not window.in_days and window.far == window.near
    if window is None or is_empty or not average or draw(st.booleans()):
        return Look(window)
    return Look(window, None, draw(_days_long if window.in_days else _hours))


_days_long = st.integers(1, 40).map(lambda amount: Duration(amount, "day"))
_orders = st.sampled_from(["at_least", "at_most", "above", "below"])
_limits = st.builds(Limit, _orders, st.integers(-1, 5), st.sampled_from([1, 1, 1, 2, 3]))
_shares = st.builds(Limit, _orders, st.integers(1, 8), st.sampled_from([1, 2, 4, 5]))


@st.composite
def measure_tests(draw: st.DrawFn) -> MeasureTest:
    measure = draw(_measures)
    average = measure.under is None
    look = draw(_looks(average=average))
    baseline = draw(st.none() | _looks(average=average))
    limits = draw(st.lists(_limits if baseline is None else _shares, min_size=1, max_size=2))
    return MeasureTest(measure, look, tuple(limits), baseline)


_spans = st.one_of(
    st.integers(0, 10).map(lambda amount: Duration(amount, "day")),
    st.integers(1, 200).map(lambda amount: Duration(amount, "hour")),
    st.just(Duration(12, "hour")),
)


@st.composite
def sequences(draw: st.DrawFn) -> EventSequence:
    is_absent = draw(st.booleans())
    spans = _spans if is_absent else st.none() | _spans
    step = st.builds(Following, st.sampled_from(EVENTS), _seldom, spans)
    during = draw(st.none() | _durings)
    return EventSequence(
        draw(st.sampled_from(EVENTS)),
        draw(_seldom),
        tuple(draw(st.lists(step, min_size=1, max_size=1 if is_absent else 2))),
        tuple(draw(st.lists(_counts, min_size=1, max_size=2))),
        draw(windows()) if during is None else None,
        during,
        is_absent,
    )


during_dids = st.builds(lambda did, during: msgspec.structs.replace(did, window=None, during=during), dids, _durings)
_trait_names = [*TRAITS, "undeclared", "home_location"]


@st.composite
def _trait_tests(draw: st.DrawFn) -> TraitTest:
    name = draw(st.sampled_from(_trait_names))
    return TraitTest(name, tuple(draw(st.lists(tests_of([name]), min_size=1, max_size=2))))


_ages = st.builds(
    TraitAge, st.sampled_from(["since", "since", "seen", "seen", "plan"]), st.booleans(), st.one_of(_days, _hours)
)


@st.composite
def _aheads(draw: st.DrawFn) -> Ahead:
    spans = draw(st.sampled_from([_days, _hours]))
    one, two = sorted((draw(spans), draw(spans)), key=lambda span: -span.us)
    return draw(st.sampled_from([Ahead(one), Ahead(one, two), Ahead(None, two)]))


_on_days = st.builds(
    OnDay,
    st.sampled_from(["before", "after", "on"]),
    st.integers(-30, 60).map(lambda days: START_AT // DAY + days),
)
_anniversaries = st.builds(Anniversary, st.sampled_from([0, 0, 1, 7, 30, 300]))
_trait_dates = st.one_of(
    st.builds(TraitDate, st.sampled_from(["since", "since", "seen", "seen", "plan", "born"]), _on_days),
    st.builds(TraitDate, st.sampled_from(["since", "since", "seen", "seen", "plan"]), _aheads()),
    st.builds(
        TraitDate, st.sampled_from(["born", "born", "day_of_year", "day_of_year", "since", "score"]), _anniversaries
    ),
)
_of_people: st.SearchStrategy[Any] = st.one_of(
    st.builds(HasIdentifier, st.sampled_from(["email", "phone", "membership_id", "device_id"]), st.booleans()),
    st.builds(
        MatchConfidence,
        st.lists(
            st.builds(
                Bound,
                st.sampled_from(["at_least", "at_most", "above", "below", "exactly"]),
                st.sampled_from([50, 80, 90, 100]),
            ),
            min_size=1,
            max_size=2,
        ).map(tuple),
    ),
    st.builds(
        HasConsent,
        st.sampled_from(["marketing", "marketing", "service"]),
        st.sampled_from(["email", "sms", "push"]),
        st.sampled_from(list(Permission)),
    ),
)


@st.composite
def _households(draw: st.DrawFn, names: Sequence[str]) -> Household:
    who = draw(conditions(names, alone=True))
    everybody = draw(st.integers(0, 3))
    if everybody == 0:
        return Household(who, every=True)
    if everybody == 1:
        return Household(None, draw(st.lists(_counts, min_size=1, max_size=2).map(tuple)))
    return Household(who, draw(st.lists(_counts, min_size=1, max_size=2).map(tuple)), others=draw(st.booleans()))


_parts_of_all = st.integers(1, 99).map(lambda percent: percent * 10_000)
_ends = st.one_of(
    st.builds(Rank, st.booleans(), share=_parts_of_all), st.builds(Rank, st.booleans(), count=st.integers(1, 6))
).map(lambda rank: ((rank,), (True,)))
_bands = st.tuples(_parts_of_all, _parts_of_all).map(
    lambda shares: (tuple(Rank(is_top=False, share=share) for share in sorted(shares)), (False, True))
)


def ranked(traits: Sequence[str]) -> st.SearchStrategy[Ranked]:
    """Draw a condition on where somebody stands among others by one of the traits; nobody is left out."""
    return st.builds(
        lambda by, told, per: Ranked(Cut(by, told[0], per), told[1]),
        st.sampled_from(list(traits)),
        st.one_of(_ends, _bands),
        st.sampled_from([None, None, "location", "region"]),
    )


def cuts_for(conditions: Iterable[Condition], seed: int) -> CutsInForce:
    """Return a version of every cut in the conditions, with made-up numbers, for most of the places."""
    draw, versions = Random(seed), {}
    for node in (node for condition in conditions for node in walk(condition)):
        if isinstance(node, Ranked):
            cut = node.cut
            places = {None: (EVERYWHERE,), "location": LOCATIONS[:2], "region": ("coast", "inland")}[cut.per]
            told = {place: PlaceMarks(_marks(draw, cut), 5) for place in places}
            versions[cut.name] = CutVersion(cut.name, 1, START_AT, told)
    return CutsInForce(versions)


def _marks(draw: Random, cut: Cut) -> tuple[Mark, ...]:
    numbers = sorted(draw.choice([-2, -0.5, 0, 1, 1, 2, 2.5, 4]) for _ in cut.ranks)
    pairs = zip(cut.ranks, numbers, strict=True)
    return tuple(Mark(number, draw.randrange(8) if rank.count else None) for rank, number in pairs)


def conditions(names: Sequence[str] = (), *, alone: bool = False) -> st.SearchStrategy[Condition]:
    """Draw conditions; ``alone``: that ask for no household. ``names``: audiences that may be asked for."""
    leaves: list[st.SearchStrategy[Any]] = [
        dids,
        dids,
        during_dids,
        measure_tests(),
        sequences(),
        _trait_tests(),
        _ages,
        ranked(["score", "score", "plan", "undeclared"]),
        st.builds(InPhase, st.sampled_from(["peak", "off", "spring.peak", "prepare"])),
        st.builds(
            AtLocation, st.lists(st.sampled_from([*LOCATIONS, "coast", "nowhere"]), min_size=1, max_size=2).map(tuple)
        ),
        _trait_dates,
        _of_people,
    ]
    if not alone:
        leaves.append(_households(()))
    if names:
        leaves.append(st.builds(InAudience, st.sampled_from(list(names))))
    return st.recursive(
        st.one_of(leaves),
        lambda inner: st.one_of(
            st.builds(AllOf, st.lists(inner, min_size=1, max_size=3).map(tuple)),
            st.builds(AnyOf, st.lists(inner, min_size=1, max_size=3).map(tuple)),
            st.builds(Negation, inner),
        ),
        max_leaves=4,
    )


@st.composite
def audience_sets(draw: st.DrawFn) -> list[Audience]:
    """Draw three audiences; later ones may ask for earlier ones, and they come in another order."""
    found: list[Audience] = []
    for name in ("b", "c", "a"):
        condition = draw(conditions([audience.name for audience in found]))
        found.append(Audience(name, condition, condition_digest(condition)))
    return found


def surviving(events: Iterable[Event]) -> dict[str, Any]:
    """Read the plain traits of a history naively: sort everything said by rank, the last word stands."""
    said = []
    for event in events:
        sent = {**event.context.get("traits", {}), **(event.payload if event.type == "identify" else {})}
        for name, value in sent.items():
            if is_personal(name, value, TRAITS):
                continue
            fit, fits = as_declared(value, TRAITS[name].type) if name in TRAITS else (value, True)
            if fits:
                encoded = msgspec.json.encode(fit, order="deterministic")
                said.append((event.occurred_at, event.received_at, event.source, encoded, name))
    return {name: msgspec.json.decode(encoded) for _at, _received, _source, encoded, name in sorted(said)}


def home(events: Iterable[Event]) -> str | None:
    """Read the home location of a history naively."""
    events = list(events)
    said = surviving(events).get("home_location")
    if isinstance(said, str) and said:
        return said
    return max(((event.occurred_at, event.location) for event in events if event.location), default=(0, None))[1]


def lake_of(connection: Any, histories: Sequence[Sequence[Event]]) -> tuple[Any, Any]:
    """Write the histories into tables as the lake has them; profile ids count from 0."""
    rows = [
        (profile, event.name, event.local_day, event.occurred_at, event.location, _json(event.payload))
        for profile, events in enumerate(histories)
        for event in events
    ]
    people = [_person(profile, events, len(histories)) for profile, events in enumerate(histories)]
    connection.raw_sql(_TABLES)
    connection.con.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)", rows)
    connection.con.executemany("INSERT INTO profiles VALUES (?, ?, ?, NULL, ?, ?, ?, ?)", people)
    return connection.table("events"), connection.table("profiles")


def _person(profile: int, events: Sequence[Event], people: int) -> tuple[Any, ...]:
    known, (others, is_known) = facts(profile), kin(profile, people)
    traits = {name: known[name] for name in ("born", "day_of_year")} | surviving(events)
    of_people = known["match_confidence"], _json(known["identifiers"]), _json(known["consent"])
    return (profile, home(events), _json(traits), *of_people, min([profile, *others]) if is_known else None)


_TABLES = """
CREATE OR REPLACE TABLE events (
    profile_id BIGINT, name VARCHAR, local_day INTEGER, occurred_at BIGINT, location VARCHAR, properties VARCHAR);
CREATE OR REPLACE TABLE profiles (profile_id BIGINT, home_location VARCHAR, traits VARCHAR, stage VARCHAR,
    match_confidence INTEGER, identifiers VARCHAR, consent VARCHAR, household BIGINT)
"""


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
