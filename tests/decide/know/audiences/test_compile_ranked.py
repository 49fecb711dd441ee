"""Conditions on where somebody stands among others stay exact through events, time and new versions of cuts.

People are walked as the pipeline walks them; cuts are found by the product's own questions on DuckDB, and only those
whom a version concerns are looked at. At any moment each membership must be what the condition says then.
"""

import os
from collections.abc import Iterator, Sequence
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fieldfare.collect.model import Event
from fieldfare.flow.find_cuts import find_concerned, find_places
from fieldfare.ground.instants import DAY, HOUR, Instant, day_start, local_day
from fieldfare.know.audiences.cuts_of import Wanted, wanted_cuts
from fieldfare.know.audiences.evaluate import Evaluator
from fieldfare.know.audiences.model import AllOf, AnyOf, Audience, Condition, InAudience, Negation, Ranked
from fieldfare.know.audiences.parse import condition_digest, parse_condition
from fieldfare.know.computed.compute import TraitsComputed
from fieldfare.know.cuts.compare import place_of, sides
from fieldfare.know.cuts.model import CutsInForce, CutVersion
from fieldfare.know.profiles.compare import number
from fieldfare.know.profiles.fold import fold, needs_personal
from fieldfare.know.profiles.model import Document, TraitValue
from fieldfare.know.profiles.plan import Touched
from tests.amounts import examples
from tests.decide.know.audiences.definitions import PHASES, PLACES, dids, ranked
from tests.decide.know.computed.test_compute import COMPUTED, PLAN, computed_of
from tests.decide.know.worlds import ZONES, make_event, population

RANKED_BY = ["visits", "visits_7d", "recency_days", "member_days", "spend_16d", "smallest_200h", "gap", "share"]
KINDS = (pa.int64(), pa.float64(), pa.string())
CROWD = 12
FULL = os.environ.get("FIELDFARE_ROUNDS") == "full"
TRAITS_OF_ALL = computed_of(COMPUTED)


@pytest.fixture(scope="module")
def duckdb() -> Iterator[Any]:
    connection = ibis.duckdb.connect(":memory:", threads=1)
    yield connection
    connection.disconnect()


class World:
    """Some people, their audiences, and the cuts in force."""

    def __init__(
        self, audiences: Sequence[Audience], people: int, zone: str, using: type[Evaluator] = Evaluator
    ) -> None:
        self.cuts = CutsInForce()
        self.computed = TraitsComputed(TRAITS_OF_ALL, zone, self.cuts)
        self.evaluator = using(
            audiences, zone=zone, phases=PHASES, places=PLACES, computed=self.computed, cuts=self.cuts
        )
        self.audiences = list(audiences)
        by_name = {audience.name: audience for audience in audiences}
        self.wanted = wanted_cuts((), by_name, self.computed)
        self.documents = [Document(profile_id=each) for each in range(people)]
        self.personal: list[dict[str, TraitValue]] = [{} for _ in range(people)]
        self.looked_at = 0

    def take(self, person: int, event: Event) -> None:
        document = self.documents[person]
        if document.first_seen_at is not None:
            self.evaluator.advance(document, event.received_at)
        touched = fold(document, self.personal[person] if needs_personal(event, PLAN) else None, event, PLAN)
        self.evaluator.evaluate(document, event.received_at, touched)

    def settle(self, now: Instant) -> None:
        for document in self.known():
            self.evaluator.advance(document, now)

    def known(self) -> list[Document]:
        return [document for document in self.documents if document.first_seen_at is not None]

    def rows(self, wanted: Wanted, now: Instant) -> list[tuple[int, float, str]]:
        found = []
        for document in self.known():
            amount = number(self.evaluator.trait(wanted.cut.by, document, now)[0])
            place = place_of(wanted.cut, document.home_location, PLACES)
            is_among = wanted.cut.among is None or wanted.cut.among in document.memberships
            if amount is not None and place is not None and is_among:
                found.append((document.profile_id, amount, place))
        return found

    def publish(self, connection: Any, now: Instant) -> None:
        """Do as :class:`fieldfare.flow.publish_cuts.PublishCuts` does: level by level."""
        left = dict(self.wanted)
        while left:
            ready = [name for name, each in left.items() if not each.needs & (left.keys() - {name})]
            for name in ready:
                self._publish(connection, left.pop(name), now)

    def _publish(self, connection: Any, wanted: Wanted, now: Instant) -> None:
        before, rows = self.cuts.of(wanted.cut.name), self.rows(wanted, now)
        columns = list(zip(*rows, strict=True)) if rows else [(), (), ()]
        arrays = [pa.array(column, kind) for column, kind in zip(columns, KINDS, strict=True)]
        connection.con.register("numbers", pa.Table.from_arrays(arrays, ["profile_id", "number", "place"]))
        places = find_places(connection, connection.table("numbers"), wanted, before)
        if not places:
            return
        found = find_concerned(connection, connection.table("numbers"), wanted, before, places, now)
        if before is not None and found.concerned is not None and not wanted.moves:
            assert sorted(found.concerned) == self.turned(wanted, before, found.version, rows)
        self.cuts.replace({**self.cuts.all(), wanted.cut.name: found.version}, self.cuts.seq + 1)
        whom = None if found.concerned is None else set(found.concerned)
        for document in self.known():
            if whom is None or document.profile_id in whom:
                self.looked_at += 1
                self.evaluator.evaluate(document, now, Touched(cuts=True))

    @staticmethod
    def turned(wanted: Wanted, before: CutVersion, after: CutVersion, rows: list[tuple[int, float, str]]) -> list[int]:
        """Read naively who stands on another side of a mark than before."""
        found = []
        for profile_id, amount, place in rows:
            old, new = before.places.get(place), after.places[place]
            is_same = old is not None and sides(wanted.cut, old, amount, profile_id) == sides(
                wanted.cut, new, amount, profile_id
            )
            found += [] if is_same else [profile_id]
        return sorted(found)

    def wrong(self, now: Instant) -> list[tuple[int, str]]:
        """Return whose membership of what is not what the condition says at the moment."""
        self.settle(now)
        told = []
        for document in self.known():
            for audience in self.audiences:
                truth = self.evaluator.state(audience.condition, document, now)[0]
                if truth is not None and truth is not (audience.name in document.memberships):
                    told.append((document.profile_id, audience.name))
        return told


def moments(people: Sequence[Sequence[Event]], seed: int, zone: str) -> list[Instant]:
    """Return some instants on the way, at edges of days too, at each of which cuts are published."""
    first = min(event.received_at for events in people for event in events)
    last = max(event.received_at for events in people for event in events) + 20 * DAY
    step = (last - first) // 4
    found = [first + step * place + (seed * 7919 % 24) * HOUR for place in range(5)]
    return [at if place % 2 else day_start(local_day(at, zone), zone) for place, at in enumerate(found)]


def walk_through(connection: Any, world: World, people: Sequence[Sequence[Event]], seed: int, zone: str) -> list[Any]:
    """Play all events in the order of their arrival, publish between them, and look; return what was wrong."""
    arrivals = sorted(
        ((event.received_at, person, event) for person, events in enumerate(people) for event in events),
        key=lambda each: each[:2],
    )
    wrong: list[Any] = []
    for at in moments(people, seed, zone):
        while arrivals and arrivals[0][0] <= at:
            _, person, event = arrivals.pop(0)
            world.take(person, event)
        wrong += world.wrong(at)
        world.publish(connection, at)
        wrong += [*world.wrong(at), *world.wrong(at + 3 * DAY // 2)] if not arrivals else world.wrong(at)
    for ahead in (2, 6, 30):
        wrong += world.wrong(at + ahead * DAY)
    return wrong


@st.composite
def crowds(draw: st.DrawFn) -> list[Audience]:
    """Draw audiences over ranks, alone and inside other conditions."""
    alone = draw(ranked(RANKED_BY))
    inner, did = draw(ranked(RANKED_BY)), draw(dids)
    is_all = draw(st.booleans())
    among = Ranked(draw(ranked(RANKED_BY)).cut, (True,))
    parts: tuple[Condition, ...] = (Negation(inner) if draw(st.booleans()) else inner, did)
    asked: dict[str, Condition] = {
        "alone": alone,
        "joined": AllOf(parts) if is_all else AnyOf(parts),
        "in": AllOf((Negation(InAudience("alone")), draw(ranked(["visits_7d", "score"])))),
    }
    if len(among.cut.ranks) == 1:
        cut = type(among.cut)(among.cut.by, among.cut.ranks, among.cut.per, "joined")
        asked["among"] = AllOf((InAudience("joined"), Ranked(cut, (True,))))
    fifth, problems = parse_condition({"trait": draw(st.sampled_from(["r", "f"])), "at_least": 4}, ())
    assert fifth is not None, problems
    asked["fifth"] = fifth
    return [Audience(name, condition, condition_digest(condition)) for name, condition in asked.items()]


# No shrinking: an example costs a good tenth of a second.
@settings(
    max_examples=examples(60) if FULL else 4,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(crowds(), st.sampled_from(ZONES), st.integers(0, 10_000))
def test_everybody_is_exact_at_every_moment(duckdb: Any, audiences: list[Audience], zone: str, seed: int) -> None:
    people = population(seed, zone)[:CROWD]
    world = World(audiences, len(people), zone, Evaluator)
    assert walk_through(duckdb, world, people, seed, zone) == []


def typical() -> list[Audience]:
    found = []
    for place, (by, end, size) in enumerate(
        [("recency_days", "top", "30 %"), ("visits_7d", "bottom", "40 %"), ("spend_16d", "top", 3)]
    ):
        condition, problems = parse_condition({end: size, "by": by}, ())
        assert condition is not None, problems
        found.append(Audience(f"{end}-{place}", condition, str(place)))
    return found


class Deaf(Evaluator):
    """Planted: a new version is evaluated for nobody."""

    def _affected(self, touched: Touched, age: int) -> int:
        return 0 if touched.cuts else super()._affected(touched, age)


class WithoutCells(World):
    """Planted: nobody in the cell of a new mark is looked at, so whoever sleeps there sleeps too long."""

    def __init__(self, audiences: Sequence[Audience], people: int, zone: str, using: type[Evaluator]) -> None:
        super().__init__(audiences, people, zone, using)
        self.wanted = {name: Wanted(each.cut, each.needs, moves=False) for name, each in self.wanted.items()}


def wrong_by(connection: Any, made: type[World], using: type[Evaluator], seeds: range) -> list[Any]:
    wrong: list[Any] = []
    for seed in seeds:
        zone = ZONES[seed % len(ZONES)]
        people = population(seed, zone)[:CROWD]
        wrong += walk_through(connection, made(typical(), len(people), zone, using), people, seed, zone)
    return wrong


def test_typical_ranks_are_exact(duckdb: Any) -> None:
    assert wrong_by(duckdb, World, Evaluator, range(10 if FULL else 2)) == []


@pytest.mark.parametrize(("made", "using"), [(World, Deaf), (WithoutCells, Evaluator)])
def test_planted_faults_are_caught(duckdb: Any, made: type[World], using: type[Evaluator]) -> None:
    assert wrong_by(duckdb, made, using, range(2))


def test_nothing_is_told_before_a_cut_is_published() -> None:
    condition, _ = parse_condition({"top": "10 %", "by": "visits"}, ())
    assert condition is not None
    world = World([Audience("vip", condition, "d")], 1, "UTC", Evaluator)
    world.take(0, make_event("Checked In"))
    assert world.evaluator.state(condition, world.documents[0], make_event().received_at) == (None, None)
    assert world.documents[0].memberships == {}
