"""Editions: the definitions that a workspace has had, one after the other, and what documents lack by each. Pure.

A document says which edition it was brought to. What measures came anew since then, or are kept for longer, it lacks
until they are filled from the lake: for each such measure stands how far back what is there reaches.
"""

from collections.abc import Iterable, Mapping

import msgspec

from fieldfare.ground.instants import Instant
from fieldfare.know.profiles.model import Lacks, Measure, Reach

NOTHING_KNOWN: Reach = (-1, -1)
"""Not even the total of such a measure is known."""


class Edition(msgspec.Struct, frozen=True):
    """One edition."""

    number: int
    at: Instant
    """When it began to hold."""
    digest: str
    """Of everything that profiles are folded into and evaluated by."""
    fold: str
    """Of what cannot be filled in measure by measure; where it differs, every document is folded anew."""
    measures: dict[str, Reach]
    """How far back each measure is kept."""
    through: dict[str, int] = {}
    """Partition -> offset that had been applied when it began: what lies at or before it is filled from the lake."""
    changed: tuple[str, ...] = ()
    """Audiences that came to mean something else with it."""
    triggering: tuple[str, ...] = ()
    """Those of them by whose change people enter journeys, as if they had joined live."""
    relaxed: dict[str, str] = {}
    """Relaxed audience -> digest of what it means and of all that it is evaluated by."""


class Editions(msgspec.Struct, frozen=True):
    """All editions, oldest first; the last one is in force."""

    known: tuple[Edition, ...] = ()
    settled: int = -1
    """The last one before that in force to which every profile was brought; -1: none."""

    @property
    def number(self) -> int:
        """Return the number of the edition in force."""
        return self.known[-1].number if self.known else 0

    @property
    def at(self) -> Instant:
        """Return when the edition in force began."""
        return self.known[-1].at if self.known else 0

    @property
    def triggering(self) -> frozenset[str]:
        """Return the audiences whose joins by definition count as live: those of changes that asked for it.

        Of an audience that several unfinished editions changed, the last one's word counts.
        """
        found = frozenset[str]()
        for edition in self.known:
            if edition.number > self.settled:
                found = found - frozenset(edition.changed) | frozenset(edition.triggering)
        return found

    def waiting_since(self, number: int) -> frozenset[str]:
        """Return the relaxed audiences that mean what they meant when a document was brought to this edition.

        They follow at their boundary, as if nothing had been applied.
        """
        later = [edition.relaxed for edition in self.known if edition.number >= number]
        if not later or not any(edition.number == number for edition in self.known):
            return frozenset()
        return frozenset(name for name, meaning in later[0].items() if all(one.get(name) == meaning for one in later))

    def lacks_since(self, number: int) -> Lacks:
        """Return what a document lacks that was last brought to the edition of this number."""
        found: Lacks = {}
        for before, after in zip(self.known, self.known[1:], strict=False):
            if after.number > number:
                found = together(found, newly(before.measures, after.measures))
        return {key: reach for key, reach in found.items() if key in self.known[-1].measures} if self.known else {}


def reaches_of(measures: Iterable[Measure]) -> dict[str, Reach]:
    """Return how far back each measure is kept: days and microseconds."""
    return {measure.key: (measure.horizon_days or 0, measure.horizon_us) for measure in measures}


def newly(before: Mapping[str, Reach], after: Mapping[str, Reach]) -> Lacks:
    """Return the measures that came anew or are kept for longer, with how far back the old ones reach."""
    found: Lacks = {}
    for key, (days, length) in after.items():
        had = before.get(key, NOTHING_KNOWN)
        if days > had[0] or length > had[1]:
            found[key] = had
    return found


def together(one: Mapping[str, Reach], other: Mapping[str, Reach]) -> Lacks:
    """Return what is lacking by either of two."""
    found = dict(one)
    for key, reach in other.items():
        had = found.get(key, reach)
        found[key] = min(had[0], reach[0]), min(had[1], reach[1])
    return found


def answers(lacks: Mapping[str, Reach], asked: Measure) -> bool:
    """Return whether a document that lacks this much can answer what the measure is asked for."""
    reach = lacks.get(asked.key)
    if reach is None:
        return True
    return reach != NOTHING_KNOWN and (asked.horizon_days or 0) <= reach[0] and asked.horizon_us <= reach[1]
