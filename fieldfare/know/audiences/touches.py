"""Tells which audiences a change of a document can have changed: those that ask for what was touched. Pure.

An audience is a bit, so that many are told at once. It evaluates nothing. What happened longer ago than every window in
which an audience looks at it cannot have changed that audience, nor will time let it.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from fieldfare.ground.instants import DAY
from fieldfare.know.audiences.cuts_of import cuts_of
from fieldfare.know.audiences.cycle import needs
from fieldfare.know.audiences.household import rules_in
from fieldfare.know.audiences.measures import asked_by, measure_of
from fieldfare.know.audiences.model import (
    Audience,
    Condition,
    HasConsent,
    HasIdentifier,
    Household,
    InStage,
    MatchConfidence,
    Ranked,
    TraitAge,
    TraitDate,
    TraitTest,
    asks_home,
    walk,
)
from fieldfare.know.audiences.ports import ComputedTraits
from fieldfare.know.cuts.model import Cut
from fieldfare.know.lifecycle.model import RULE
from fieldfare.know.profiles.model import Measure
from fieldfare.know.profiles.plan import Touched

MOST_COMBINATIONS = 10_000
_EVER = 1 << 62
_AROUND_DAYS = 3
"""Days by which a calendar day somewhere and the age of an instant can lie apart, rounded up."""


def must_come_first(audience: Audience) -> tuple[str, ...]:
    """Return what must be decided before the audience: others, and hidden rules of households."""
    return (*needs(audience), *rules_in([audience.condition]))


def measures_asked(node: Condition, computed: ComputedTraits) -> Sequence[Measure]:
    """Return the measures that a condition needs, those of the computed trait that it names among them."""
    trait = trait_asked(node)
    if trait is not None and trait in computed.names():
        return [measure_of(did) for did in computed.asks(trait)[0]]
    return asked_by(node)


def trait_asked(node: Condition) -> str | None:
    """Return the trait that a condition itself asks for."""
    match node:
        case TraitTest(trait=trait) | TraitAge(trait=trait) | TraitDate(trait=trait) | Ranked(cut=Cut(by=trait)):
            return trait
        case _:
            return None


def reach_of(measure: Measure) -> int:
    """Return how far back, in microseconds, one who asks for the measure looks; without a window it is for ever."""
    days, length = measure.horizon_days, measure.horizon_us
    if days is None or (not days and not length):
        return _EVER
    return max((days + _AROUND_DAYS) * DAY if days else 0, length)


class Touches:
    """What each audience asks for. Immutable but for a cache."""

    def __init__(self, audiences: Sequence[Audience], bits: Mapping[str, int], computed: ComputedTraits) -> None:
        """Look at the audiences, each with its bit."""
        self._audiences, self._bits, self._computed = audiences, bits, computed
        self._by_measure: dict[str, dict[int, int]] = {}
        """Measure -> how far back (microseconds) -> the audiences that look no further."""
        self._by_trait: dict[str, int] = {}
        self._by_home = 0
        for audience in audiences:
            for node in walk(audience.condition):
                self._note(node, bits[audience.name])
            if audience.by_phase:  # its rhythm follows the home's phases
                self._by_home |= bits[audience.name]
        self._by_identity = self.asking(HasIdentifier, MatchConfidence)
        self._by_consent = self.asking(HasConsent)
        self._by_kin = self.asking(Household)
        self._by_cut = sum(bits[each.name] for each in audiences if cuts_of(each.condition, computed))
        self._reaches = sorted({reach for found in self._by_measure.values() for reach in found})
        self._by_measures: dict[tuple[tuple[str, ...], int], int] = {}
        self._asked: list[tuple[str, frozenset[str], bool]] = [
            (
                each.name,
                frozenset(must_come_first(each)),
                any(isinstance(node, InStage) for node in walk(each.condition)),
            )
            for each in audiences
        ]
        """Each with what it asks for, and whether it asks for a stage; what is asked for comes first."""

    def asking(self, *kinds: type[Condition]) -> int:
        """Return the audiences in whose conditions one of these kinds stands."""
        return sum(
            self._bits[each.name]
            for each in self._audiences
            if any(isinstance(node, kinds) for node in walk(each.condition))
        )

    def dependents(self) -> list[int]:
        """Return, in the order of the audiences, those that each must come before."""
        found = [0] * len(self._audiences)
        for audience in self._audiences:
            for name in must_come_first(audience):
                found[self._bits[name].bit_length() - 1] |= self._bits[audience.name]
        return found

    def affected(self, touched: Touched, age: int = 0) -> int:
        """Return the audiences that can have changed; ``age``: so long ago, at least, what is measured happened."""
        key = touched.measures, bisect_left(self._reaches, age)
        bits = self._by_measures.get(key)
        if bits is None:
            bits = self._bits_of(key)
        for name in touched.traits:
            bits |= self._by_trait.get(name, 0)
        if touched.identity:
            bits |= self._by_identity
        if touched.consent:
            bits |= self._by_consent
        if touched.kin:
            bits |= self._by_kin
        if touched.cuts:
            bits |= self._by_cut
        return bits | self._by_home if touched.home else bits

    def reached(self, touched: Touched) -> frozenset[str]:
        """Return the audiences, and rules of stages, that can have turned by it, at once or later, at any remove."""
        if touched.first:
            return frozenset(self._bits)
        bits = self.affected(touched)
        return self.following({name for name, bit in self._bits.items() if bit & bits})

    def following(self, names: AbstractSet[str]) -> frozenset[str]:
        """Return the audiences among some names, and all that ask for them, at any remove."""
        found = {name for name in names if name in self._bits}
        for name, asked, asks_stage in self._asked:
            if not found.isdisjoint(asked) or (asks_stage and any(each.startswith(RULE) for each in found)):
                found.add(name)
        return frozenset(found)

    def _bits_of(self, key: tuple[tuple[str, ...], int]) -> int:
        # There are as many tuples as there are combinations of filters that events pass: few, but not bounded by us.
        if len(self._by_measures) >= MOST_COMBINATIONS:
            self._by_measures.clear()
        measures, beyond = key
        far_enough, bits = frozenset(self._reaches[beyond:]), 0
        for measure in measures:
            for reach, found in self._by_measure.get(measure, {}).items():
                if reach in far_enough:
                    bits |= found
        self._by_measures[key] = bits
        return bits

    def _note(self, node: Condition, bit: int) -> None:
        for measure in measures_asked(node, self._computed):
            reaches = self._by_measure.setdefault(measure.key, {})
            reaches[reach_of(measure)] = reaches.get(reach_of(measure), 0) | bit
        trait = trait_asked(node)
        if trait is not None:
            is_computed = trait in self._computed.names()
            for name in self._computed.asks(trait)[1] if is_computed else (trait,):
                self._by_trait[name] = self._by_trait.get(name, 0) | bit
        if asks_home(node) or (isinstance(node, Ranked) and node.cut.per is not None):
            self._by_home |= bit
