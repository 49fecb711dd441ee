"""Keeps memberships exact: evaluates the audiences that an event or a moment can have changed, and no others.

Pure and on the hot path. The document is changed in place (memberships, wake-ups); the edges say who joined and left.
What an edge causes (journeys, the lake) is the caller's business.
"""

from collections.abc import Iterable

from fieldfare.ground.instants import Day, Instant, day_start
from fieldfare.know.audiences.compile import Run, State, compile_condition
from fieldfare.know.audiences.cycle import in_order, needs
from fieldfare.know.audiences.measures import measure_key
from fieldfare.know.audiences.model import (
    AtLocation,
    Audience,
    Condition,
    Did,
    Edge,
    InPhase,
    TraitAge,
    TraitTest,
    walk,
)
from fieldfare.know.audiences.ports import FlatPlaces, NoPhases, Phases, Places
from fieldfare.know.audiences.windows import today_in
from fieldfare.know.profiles.expire import WAKE as TRAIT_WAKE
from fieldfare.know.profiles.model import Document
from fieldfare.know.profiles.plan import NOTHING, Touched

_MOST_CONDITIONS = 1_000
_MOST_COMBINATIONS = 10_000


def next_wake(document: Document) -> Instant | None:
    """Return the next instant at which time alone may change something, ``None`` for never.

    A membership, a stage, or the value of a trait whose retention ends.
    """
    wakes = document.wakes
    return min(wakes.values()) if wakes else None


class Evaluator:
    """All audiences of a workspace, compiled. Immutable but for caches; make one per definition."""

    def __init__(
        self,
        audiences: Iterable[Audience],
        *,
        zone: str,
        phases: Phases | None = None,
        places: Places | None = None,
    ) -> None:
        """Compile ``audiences`` (no cycle, no unknown ``in:``) for a workspace in ``zone``."""
        self.zone = zone
        self.audiences = in_order(audiences)
        self._phases = phases if phases is not None else NoPhases()
        self._places = places if places is not None else FlatPlaces()
        names = [audience.name for audience in self.audiences]
        self._bits = {name: 1 << place for place, name in enumerate(names)}
        self._everyone = (1 << len(names)) - 1
        self._by_measure, self._by_trait, self._by_home = self._dependencies()
        self._by_measures: dict[tuple[str, ...], int] = {}
        self._compiled = [
            (audience.name, self._compile(audience.condition), uses)
            for audience, uses in zip(self.audiences, self._uses(), strict=True)
        ]
        self._exact: dict[str, Run] = {}
        for audience in self.audiences:
            self._exact[audience.name] = self._compile_exact(audience.condition)
        self._conditions: dict[int, tuple[Condition, Run]] = {}
        self._day: tuple[Instant, Instant, Day] = (0, 0, 0)

    def evaluate(self, document: Document, now: Instant, touched: Touched | None = None) -> list[Edge]:
        """Bring memberships and wake-ups to ``now``; return who joined and left, in the order of dependence.

        ``touched`` is what folding changed. ``None`` evaluates everything: after a merge, a split, a refold or a change
        of definitions. A document's first fold says so itself. Audiences whose wake-up is due are always evaluated.
        """
        open_bits = self._everyone if touched is None or touched.first else self._affected(touched)
        wakes = document.wakes
        if wakes and min(wakes.values()) <= now:
            for name, at in wakes.items():
                if at <= now:
                    open_bits |= self._bits.get(name, 0)
        edges = self._forget(document, now) if touched is None else []
        if not open_bits:
            return edges
        today = self._today(now)
        memberships = document.memberships
        compiled = self._compiled
        while open_bits:
            lowest = open_bits & -open_bits
            open_bits ^= lowest
            name, run, dependents = compiled[lowest.bit_length() - 1]
            truth, change = run(document, now, today)
            if change is not None:
                assert change > now, f"the wake-up of audience {name} does not lie ahead"
                wakes[name] = change
            elif name in wakes:
                del wakes[name]
            if truth is not (name in memberships):
                if truth:
                    memberships[name] = now
                else:
                    del memberships[name]
                edges.append(Edge(name, truth, now))
                open_bits |= dependents
        return edges

    def advance(self, document: Document, now: Instant) -> list[Edge]:
        """Run the wake-ups due until ``now``, each at its own instant and in time order; return their edges.

        To be called before an event is folded, so that ``joined_at`` is the instant of the edge.
        """
        edges: list[Edge] = []
        wakes = document.wakes
        while (due := min((at for name, at in wakes.items() if name in self._bits), default=None)) is not None:
            if due > now:
                break
            edges += self.evaluate(document, due, NOTHING)
        return edges

    def state(self, condition: Condition, document: Document, now: Instant) -> State:
        """Return the truth of any condition at ``now`` and the instant until which it stays so by time alone.

        ``in:`` is followed into the audience's own condition, so no wake-up needs to have run. Its measures must be in
        the fold plan.
        """
        known = self._conditions.get(id(condition))
        if known is None:
            if len(self._conditions) >= _MOST_CONDITIONS:
                self._conditions.clear()
            known = self._conditions[id(condition)] = (condition, self._compile_exact(condition))
        return known[1](document, now, self._today(now))

    def truth(self, condition: Condition, document: Document, now: Instant) -> bool:
        """Return the truth of any condition at ``now``."""
        return self.state(condition, document, now)[0]

    def _compile(self, condition: Condition) -> Run:
        return compile_condition(condition, zone=self.zone, phases=self._phases, places=self._places)

    def _compile_exact(self, condition: Condition) -> Run:
        return compile_condition(
            condition, zone=self.zone, phases=self._phases, places=self._places, inline=self._exact
        )

    def _affected(self, touched: Touched) -> int:
        bits = self._by_measures.get(touched.measures)
        if bits is None:
            bits = self._bits_of(touched.measures)
        for name in touched.traits:
            bits |= self._by_trait.get(name, 0)
        return bits | self._by_home if touched.home else bits

    def _bits_of(self, measures: tuple[str, ...]) -> int:
        # There are as many tuples as there are combinations of filters that events pass: few, but not bounded by us.
        if len(self._by_measures) >= _MOST_COMBINATIONS:
            self._by_measures.clear()
        bits = 0
        for key in measures:
            bits |= self._by_measure.get(key, 0)
        self._by_measures[measures] = bits
        return bits

    def _forget(self, document: Document, now: Instant) -> list[Edge]:
        gone = sorted(name for name in document.memberships if name not in self._bits)
        for name in gone:
            del document.memberships[name]
        for name in [name for name in document.wakes if name not in self._bits and not name.startswith(TRAIT_WAKE)]:
            del document.wakes[name]
        return [Edge(name, joined=False, at=now) for name in gone]

    def _today(self, now: Instant) -> Day:
        start, end, today = self._day
        if not start <= now < end:
            today = today_in(now, self.zone)
            self._day = (day_start(today, self.zone), day_start(today + 1, self.zone), today)
        return today

    def _dependencies(self) -> tuple[dict[str, int], dict[str, int], int]:
        by_measure: dict[str, int] = {}
        by_trait: dict[str, int] = {}
        by_home = 0
        for audience in self.audiences:
            bit = self._bits[audience.name]
            for node in walk(audience.condition):
                match node:
                    case Did():
                        key = measure_key(node)
                        by_measure[key] = by_measure.get(key, 0) | bit
                    case TraitTest(trait=trait) | TraitAge(trait=trait):
                        by_trait[trait] = by_trait.get(trait, 0) | bit
                    case InPhase() | AtLocation():
                        by_home |= bit
                    case _:
                        pass
        return by_measure, by_trait, by_home

    def _uses(self) -> list[int]:
        uses = [0] * len(self.audiences)
        for audience in self.audiences:
            for name in needs(audience):
                uses[self._bits[name].bit_length() - 1] |= self._bits[audience.name]
        return uses
