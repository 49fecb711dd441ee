"""The same definition as a query: an audience's condition as an Ibis expression over the lake's tables.

Tables: ``events(profile_id, name, local_day INTEGER, occurred_at BIGINT, location, properties VARCHAR)`` and
``profiles(profile_id, home_location, traits VARCHAR, stage)``; ``traits`` is the JSON object from name to value of the
traits that are not personal, and every profile has a row. What is asked of identity, consent and households needs the
columns that :mod:`fieldfare.know.audiences.lake_people` tells of. A condition that is not computable for a profile is
null there, and so is everything that it decides. One pass over the rows of each event aggregates what all parts ask
for, one join brings it to the profiles; the most frequent value and sequences take a pass each. ``in:`` is written out,
and so are the stretches of seasons, for each place. It agrees with :mod:`fieldfare.know.audiences.evaluate` at
every ``now`` (a property test holds them together). It runs nothing: the caller's connection does.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, assert_never

import ibis
import msgspec

from fieldfare.ground.ids import digest
from fieldfare.ground.instants import DAY, Day, Instant, date_of, day_start, today_in
from fieldfare.know.audiences.lake_dates import date_holds, is_date, is_instant
from fieldfare.know.audiences.lake_during import home_in, settled
from fieldfare.know.audiences.lake_json import Found, Plain, Value, always, both, either, holds, sure
from fieldfare.know.audiences.lake_measure import measure_holds
from fieldfare.know.audiences.lake_people import household_holds, person_holds, with_household
from fieldfare.know.audiences.lake_sequence import sequence_table
from fieldfare.know.audiences.lake_values import aggregate_column, bound_holds, did_holds, most_frequent_table
from fieldfare.know.audiences.measures import measure_key, total_at, totals_of
from fieldfare.know.audiences.model import (
    Aggregate,
    AllOf,
    AnyOf,
    AtLocation,
    Audience,
    Condition,
    Did,
    EventSequence,
    HasConsent,
    HasIdentifier,
    Household,
    InAudience,
    InPhase,
    InStage,
    Listed,
    MatchConfidence,
    MeasureTest,
    Negation,
    OfEvents,
    Ranked,
    TraitAge,
    TraitDate,
    TraitTest,
    Window,
)
from fieldfare.know.audiences.ports import ComputedTraits, FlatPlaces, NoComputedTraits, NoPhases, Phases, Places
from fieldfare.know.cuts.in_lake import holds_in_lake, place_column
from fieldfare.know.cuts.model import Cut, CutsInForce
from fieldfare.know.profiles.model import PropertyTest
from fieldfare.know.profiles.plan import WEEKDAYS
from fieldfare.know.profiles.survive import instant_text

_BESIDE = frozenset({"weekday", "location"})
"""Properties that stand beside the JSON."""
_MOST_AHEAD = 2
"""A local day lies within so many days of the one in UTC."""


class Moment(msgspec.Struct, frozen=True):
    """When and where a query asks: the instant, the workspace's zone, its calendar, its places and their names."""

    now: Instant
    zone: str
    phases: Phases = NoPhases()
    places: Places = FlatPlaces()
    locations: tuple[str, ...] = ()
    """Every location that a profile can have as its home; any other counts as having none where phases are asked."""
    computed: ComputedTraits = NoComputedTraits()
    lists: Mapping[str, Any] = {}
    """Ibis tables with ``profile_id``: who is in the audiences that are not asked by a condition here.

    Those by a query must stand here, or nobody is in them; a relaxed one counts as it stands when it does.
    """
    cuts: CutsInForce = CutsInForce()
    """A cut that was never published lets nobody in here; evaluated, it is not computable."""


def to_lake(condition: Condition, audiences: Mapping[str, Audience], events: Any, profiles: Any, moment: Moment) -> Any:
    """Return an Ibis table with the column ``profile_id``: the profiles for which the condition holds at the moment.

    ``events`` and ``profiles`` are Ibis tables as the module says; ``audiences`` are all that ``in:`` may name.
    """
    query = _Query(audiences, events, moment)
    query.collect(condition)
    people = query.people(profiles)
    return people.filter(query.expression(condition, people)).select("profile_id")


def many_to_lake(
    conditions: Mapping[str, Condition], audiences: Mapping[str, Audience], events: Any, profiles: Any, moment: Moment
) -> Any:
    """Return an Ibis table with ``profile_id`` and a truth value per condition, all from one pass over the events."""
    query = _Query(audiences, events, moment)
    for condition in conditions.values():
        query.collect(condition)
    people = query.people(profiles)
    held = {name: query.expression(condition, people) for name, condition in conditions.items()}
    return people.select(people.profile_id, **held)


def numbers_in_lake(cut: Cut, events: Any, profiles: Any, moment: Moment) -> Any:
    """Return an Ibis table of ``profile_id``, ``number`` and ``place``: of everybody who can be ranked by the cut."""
    query = _Query({}, events, moment)
    query.collect(Ranked(cut, ()))
    people = query.people(profiles)
    place = place_column(cut, people.home_location, moment.places, moment.locations)
    found = people.select(people.profile_id, number=query.trait(cut.by, people).number(), place=place)
    return found.filter(found.number.notnull() & found.place.notnull())


class _People(msgspec.Struct, frozen=True):
    """The columns that a cut compares."""

    profile_id: Any
    number: Any
    place: Any


class _Query:
    """Collects the aggregates that a condition asks for, then writes it over the joined table."""

    def __init__(self, audiences: Mapping[str, Audience], events: Any, moment: Moment) -> None:
        self._audiences = audiences
        self._events = events
        self._moment = moment
        self._today = today_in(moment.now, moment.zone)
        self._columns: dict[str, dict[str, Callable[[Any], Any]]] = {}
        """Event -> column -> aggregate over the events of that name, which it is given."""
        self._raws: dict[str, dict[str, str]] = {}
        """Event -> property -> column of its JSON text: looked for once in each row, whatever asks for it."""
        self._oldest: dict[str, Day | None] = {}
        """Event -> local day before which none of its aggregates looks; ``None``: all look at everything."""
        self._tables: dict[str, Any] = {}
        self._households: list[Household] = []

    def people(self, profiles: Any) -> Any:
        """Return the profiles with a column for every aggregate that was collected."""
        people = profiles
        for table in [*self._tables.values(), *(self._aggregated(event) for event in sorted(self._columns))]:
            kept = {name: people[name] for name in people.columns}
            added = {name: table[name] for name in table.columns if name != "profile_id"}
            people = people.left_join(table, people.profile_id == table.profile_id).select(**kept, **added)
        for node in self._households:
            holds = always(holds=True) if node.who is None else self.expression(node.who, people)
            people = with_household(people, node, holds)
        return people

    def _aggregated(self, event: str) -> Any:
        # One pass per event, from the oldest day that matters on: an engine leaves out all else before it groups.
        oldest, wanted = self._oldest[event], [self._events.name == event]
        if oldest is not None:
            wanted.insert(0, self._events.local_day >= oldest)
        rows = self._events.filter(wanted)
        raws = {column: Value(rows.properties, name).raw for name, column in self._raws[event].items()}
        rows = rows.select("profile_id", "name", "local_day", "occurred_at", "location", **raws)
        aggregates = {name: aggregate(rows) for name, aggregate in self._columns[event].items()}
        return rows.group_by("profile_id").aggregate(**aggregates)

    def collect(self, condition: Condition) -> None:
        """Add the aggregates of the condition."""
        match condition:
            case Did() | MeasureTest() | EventSequence():
                for each in self._settled(condition):
                    self._add_all(each)
            case TraitTest(trait=name) | TraitAge(trait=name) | TraitDate(trait=name) if (
                name in self._moment.computed.names()
            ):
                self.collect_trait(name)
            case Household(who=who):
                if who is not None:
                    self.collect(who)
                self._households.append(condition)
            case Ranked(cut=Cut(by=name)) if name in self._moment.computed.names():
                self.collect_trait(name)
            case InAudience(audience=name):
                if name not in self._moment.lists:
                    self.collect(self._audiences[name].condition)
            case AllOf(parts=parts) | AnyOf(parts=parts):
                for part in parts:
                    self.collect(part)
            case Negation(part=part):
                self.collect(part)
            case _:
                pass

    def collect_trait(self, name: str) -> None:
        """Add what a computed trait follows from."""
        for did in sorted(self._moment.computed.asks(name)[0], key=_column):
            self._add(did)

    def trait(self, name: str, people: Any) -> Any:
        """Return a trait of the joined table, computed or not, as a value that compares."""
        computed = self._moment.computed
        if name not in computed.names():
            return Value(people.traits, name)
        return computed.in_lake(name, lambda did: people[_column(did)], people.traits, self._today)

    def expression(self, condition: Condition, people: Any) -> Any:
        """Return the condition as a truth value over the joined table."""
        match condition:
            case Did() | MeasureTest() | EventSequence():
                return self._of_events(condition, people)
            case TraitTest() | TraitAge() | TraitDate():
                return self._of_trait(condition, people)
            case InAudience(audience=name) if name not in self._moment.lists:
                return self.expression(self._audiences[name].condition, people)
            case InAudience(audience=name) | Listed(audience=name):
                return self._listed(name, people)
            case InPhase() | AtLocation() | InStage():
                return self._where(condition, people)
            case Ranked():
                return self._ranked(condition, people)
            case HasIdentifier() | MatchConfidence() | HasConsent():
                return person_holds(condition, people)
            case Household():
                return household_holds(condition, people)
            case AllOf(parts=parts) | AnyOf(parts=parts):
                together = both if isinstance(condition, AllOf) else either
                return together([self.expression(part, people) for part in parts])
            case Negation(part=part):
                return ~self.expression(part, people)
            case _:
                assert_never(condition)

    def _of_trait(self, node: TraitTest | TraitAge | TraitDate, people: Any) -> Any:
        value = self.trait(node.trait, people)
        match node:
            case TraitTest(tests=tests):
                return both([holds(value, test) for test in tests])
            case TraitAge():
                return self._age(node, value.text())
            case TraitDate(asks=asks):
                return date_holds(asks, value, self._moment.now, self._moment.zone)
            case _:
                assert_never(node)

    def _where(self, node: InPhase | AtLocation | InStage, people: Any) -> Any:
        match node:
            case InPhase(phase=phase):
                return self._in_phase(phase, people.home_location)
            case AtLocation(names=names):
                return self._at_location(names, people.home_location)
            case InStage(names=names):
                return sure(people.stage.isin(names))
            case _:
                assert_never(node)

    def _settled(self, node: OfEvents) -> Mapping[OfEvents, Sequence[str | None]]:
        """Return the condition with windows in place of stretches of seasons, and for which homes; see the module."""
        return settled(node, self._moment.phases, (*self._moment.locations, None), (self._moment.now, self._today))

    def _of_events(self, node: OfEvents, people: Any) -> Any:
        found = self._settled(node)
        if len(found) == 1:
            return self._event_test(next(iter(found)), people)
        inside = {each: home_in(people.home_location, homes, self._moment.locations) for each, homes in found.items()}
        return either([homes & self._event_test(each, people) for each, homes in inside.items()])

    def _event_test(self, node: OfEvents, people: Any) -> Any:
        match node:
            case Did():
                return did_holds(node, people[_column(node)])
            case MeasureTest():
                return measure_holds(node, lambda total: people[_column(total)])
            case EventSequence():
                count = ibis.coalesce(people[_sequence_column(node)], 0)
                return both([bound_holds(count, bound) for bound in node.bounds])
            case _:
                assert_never(node)

    def _add_all(self, node: OfEvents) -> None:
        """Add what a condition on events asks for."""
        match node:
            case Did():
                self._add(node)
            case MeasureTest(look=look, baseline=baseline):
                for each in (look,) if baseline is None else (look, baseline):
                    for total in totals_of(node.measure):
                        self._add(total_at(total, each))
            case EventSequence():
                self._add_sequence(node)
            case _:
                assert_never(node)

    def _add_sequence(self, node: EventSequence) -> None:
        column = _sequence_column(node)
        if column not in self._tables:
            kinds = [(node.event, node.where), *((each.event, each.where) for each in node.then)]
            read = _Rows(self._events, {})
            matched = [both([self._events.name == event, *map(read.test, where)]) for event, where in kinds]
            inside = both([] if node.window is None else self._window(node.window, self._events))
            oldest, events, at = self._oldest_day(node.window), self._events, (self._moment.now, self._today)
            if oldest is not None:  # what comes after the first event may have an earlier local day
                events = events.filter(events.local_day >= oldest - _MOST_AHEAD)
            self._tables[column] = sequence_table(node, events, matched, inside, at, column)

    def _listed(self, name: str, people: Any) -> Any:
        table = self._moment.lists.get(name)
        return always(holds=False) if table is None else sure(people.profile_id.isin(table.profile_id))

    def _add(self, did: Did) -> None:
        column = _column(did)
        columns = self._columns.get(did.event, {})
        if column in columns or column in self._tables:
            return
        if did.aggregate is Aggregate.MOST_FREQUENT:
            read = _Rows(self._events, {})
            counted = sure(both([self._events.name == did.event, *self._matched(did, read)]))
            self._tables[column] = most_frequent_table(self._events, counted, read.property(did.of or ""), column)
            return
        oldest = self._oldest_day(did.window)
        if columns:
            known = self._oldest[did.event]
            oldest = None if known is None or oldest is None else min(known, oldest)
        self._oldest[did.event] = oldest
        raws = self._raws.setdefault(did.event, {})
        for name in (*(test.property for test in did.where), *(() if did.of is None else (did.of,))):
            if name not in _BESIDE:
                raws.setdefault(name, f"raw_{len(raws)}")

        def aggregate(rows: Any) -> Any:
            read = _Rows(rows, raws)
            counted = sure(both(self._matched(did, read) or [rows.name == did.event]))
            return aggregate_column(did.aggregate, counted, rows, None if did.of is None else read.property(did.of))

        self._columns.setdefault(did.event, {})[column] = aggregate

    def _matched(self, did: Did, read: "_Rows") -> list[Any]:
        inside = [] if did.window is None else self._window(did.window, read.rows)
        return [*map(read.test, did.where), *inside]

    def _oldest_day(self, window: Window | None) -> Day | None:
        if window is None:
            return None
        if window.in_days:
            return self._today - window.far
        return (self._moment.now - window.far) // DAY - _MOST_AHEAD

    def _window(self, window: Window, rows: Any) -> list[Any]:
        if window.in_days:
            day = rows.local_day
            last = [] if window.near is None else [day <= self._today - window.near]
            return [day >= self._today - window.far, *last]
        at = rows.occurred_at
        last = [] if window.near is None else [at <= self._moment.now - window.near]
        return [at > self._moment.now - window.far, *last]

    def _age(self, node: TraitAge, text: Any) -> Any:
        now, zone = self._moment.now, self._moment.zone
        if node.span.days is None:
            first_day = today_in(now - node.span.us, zone) + 1
            first_at = now - node.span.us + 1
        else:
            first_day = self._today - node.span.days
            first_at = day_start(first_day, zone)
        newer_date = text >= date_of(first_day).isoformat()
        newer_instant = text >= instant_text(first_at)
        if not node.newer:
            newer_date, newer_instant = ~newer_date, ~newer_instant
        return (is_date(text) & sure(newer_date)) | (is_instant(text) & sure(newer_instant))

    def _ranked(self, node: Ranked, people: Any) -> Any:
        cut, moment = node.cut, self._moment
        place = place_column(cut, people.home_location, moment.places, moment.locations)
        ranked = _People(people.profile_id, self.trait(cut.by, people).number(), place)
        return holds_in_lake(cut, node.wants, moment.cuts.of(cut.name), ranked)

    def _in_phase(self, phase: str, home: Any) -> Any:
        inside = [name for name in self._moment.locations if self._holds(phase, name)]
        known = sure(home.isin(inside)) if inside else always(holds=False)
        if not self._holds(phase, None):
            return known
        elsewhere = ~sure(home.isin(self._moment.locations)) if self._moment.locations else always(holds=True)
        return known | elsewhere

    def _holds(self, phase: str, location: str | None) -> bool:
        return phase in self._moment.phases.holds(location, self._moment.now)[0]

    def _at_location(self, names: tuple[str, ...], home: Any) -> Any:
        places = self._moment.places
        candidates = sorted({*self._moment.locations, *names})
        inside = [name for name in candidates if any(places.within(name, outer) for outer in names)]
        return sure(home.isin(inside)) if inside else always(holds=False)


class _Rows:
    """What is read of events; ``raws`` names the columns of properties that were looked for already."""

    def __init__(self, rows: Any, raws: Mapping[str, str]) -> None:
        self.rows, self._raws = rows, raws

    def test(self, test: PropertyTest) -> Any:
        if test.property == "weekday" and test.operator in {"is", "in"}:
            asked = {test.operand} if test.operator == "is" else set(test.operand)
            return self._weekday().isin([place for place, name in enumerate(WEEKDAYS) if name in asked])
        return holds(self.property(test.property), test)

    def property(self, name: str) -> Value | Plain:
        if name == "weekday":
            return Plain(self._weekday().cases(*enumerate(WEEKDAYS), else_=None))
        if name == "location":
            return Plain(self.rows.location)
        raw = self._raws.get(name)
        return Value(self.rows.properties, name) if raw is None else Found(self.rows[raw])

    def _weekday(self) -> Any:
        # Day 0 was a Thursday; the remainder takes the dividend's sign.
        return ((self.rows.local_day + 3) % 7 + 7) % 7


def _column(did: Did) -> str:
    # Not the condition itself as a key: to Python, a test for true equals one for 1.
    window = did.window
    span = "ever" if window is None else f"{'d' if window.in_days else 'u'}_{window.far}_{window.near}"
    return f"{did.aggregate}_{measure_key(did)}_{span}"


def _sequence_column(node: EventSequence) -> str:
    return f"sequence_{digest('sequence', msgspec.json.encode(msgspec.structs.replace(node, bounds=()))).hex()[:12]}"
