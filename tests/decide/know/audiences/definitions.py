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
    AllOf,
    AnyOf,
    AtLocation,
    Audience,
    Bound,
    Condition,
    Did,
    InAudience,
    InPhase,
    Negation,
    Ranked,
    TraitAge,
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
from tests.decide.know.worlds import EVENTS, LOCATIONS, START_AT, TRAITS

PLACES = MappedPlaces({"north": "coast", "east": "coast", "south": "inland"})
PHASES = ScheduledPhases(
    {
        None: [(0, frozenset({"off", "spring.off"}))],
        "north": [
            (0, frozenset({"off", "spring.off"})),
            (START_AT + 10 * DAY, frozenset({"peak", "spring.peak"})),
            (START_AT + 20 * DAY, frozenset({"off", "spring.off"})),
        ],
        "south": [(0, frozenset({"prepare"})), (START_AT + 15 * DAY + 1, frozenset({"peak"}))],
    }
)

_operands = st.one_of(
    st.sampled_from(["gold", "basic", "", "1", "true", "é/\n", "north", "sat", "yoga"]),
    st.integers(-3, 5),
    st.sampled_from([0.5, 1.0, 12.345]),
    st.booleans(),
)
_numbers = st.one_of(st.integers(-3, 5), st.sampled_from([0.5, 1.0, 12.345]))


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
_trait_names = [*TRAITS, "undeclared", "home_location"]


@st.composite
def _trait_tests(draw: st.DrawFn) -> TraitTest:
    name = draw(st.sampled_from(_trait_names))
    return TraitTest(name, tuple(draw(st.lists(tests_of([name]), min_size=1, max_size=2))))


_ages = st.builds(
    TraitAge, st.sampled_from(["since", "since", "seen", "seen", "plan"]), st.booleans(), st.one_of(_days, _hours)
)


_shares = st.integers(1, 99).map(lambda percent: percent * 10_000)
_ends = st.one_of(
    st.builds(Rank, st.booleans(), share=_shares), st.builds(Rank, st.booleans(), count=st.integers(1, 6))
).map(lambda rank: ((rank,), (True,)))
_bands = st.tuples(_shares, _shares).map(
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


def conditions(names: Sequence[str] = ()) -> st.SearchStrategy[Condition]:
    leaves: list[st.SearchStrategy[Any]] = [
        dids,
        dids,
        _trait_tests(),
        _ages,
        ranked(["score", "score", "plan", "undeclared"]),
        st.builds(InPhase, st.sampled_from(["peak", "off", "spring.peak", "prepare"])),
        st.builds(
            AtLocation, st.lists(st.sampled_from([*LOCATIONS, "coast", "nowhere"]), min_size=1, max_size=2).map(tuple)
        ),
    ]
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
    people = [(profile, home(events), _json(surviving(events))) for profile, events in enumerate(histories)]
    connection.raw_sql(_TABLES)
    connection.con.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)", rows)
    connection.con.executemany("INSERT INTO profiles VALUES (?, ?, ?, NULL)", people)
    return connection.table("events"), connection.table("profiles")


_TABLES = """
CREATE OR REPLACE TABLE events (
    profile_id BIGINT, name VARCHAR, local_day INTEGER, occurred_at BIGINT, location VARCHAR, properties VARCHAR);
CREATE OR REPLACE TABLE profiles (profile_id BIGINT, home_location VARCHAR, traits VARCHAR, stage VARCHAR)
"""


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
