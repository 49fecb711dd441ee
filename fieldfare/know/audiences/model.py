"""Nouns of audiences: conditions as parsed, windows, bounds, audiences, edges. No behaviour beyond plain look-ups.

A condition is a frozen tree; :mod:`fieldfare.know.audiences.compile` makes it run and ``to_lake`` makes it a query.
"""

from enum import StrEnum

import msgspec

from fieldfare.ground.instants import Instant
from fieldfare.ground.workspace.model import Duration
from fieldfare.know.cuts.model import Cut
from fieldfare.know.profiles.model import PropertyTest


class Window(msgspec.Struct, frozen=True):
    """A stretch of the past. In days: today - oldest <= local_day <= today - newest; both ends are in.

    Rolling (hours and shorter): now - oldest < occurred_at <= now - newest. ``newest`` is ``None`` for ``within``: open
    towards the future, so an event that the client's clock dated a little ahead counts at once.
    """

    oldest: Duration
    newest: Duration | None = None

    @property
    def in_days(self) -> bool:
        """Return whether the window is made of calendar days."""
        return self.oldest.days is not None

    @property
    def far(self) -> int:
        """Return the older end: days, or microseconds of a rolling window."""
        return self.oldest.us if self.oldest.days is None else self.oldest.days

    @property
    def near(self) -> int | None:
        """Return the newer end in the same unit, ``None`` when open."""
        if self.newest is None:
            return None
        return self.newest.us if self.newest.days is None else self.newest.days


class Bound(msgspec.Struct, frozen=True):
    """One comparison with a count or a scaled sum: at_least, at_most, above, below, exactly."""

    operator: str
    value: int


class Aggregate(StrEnum):
    """What is made of the events that match."""

    COUNT = "count"
    SUM = "sum"
    MIN = "min"
    MAX = "max"
    FIRST = "first"
    """The value of the earliest event."""
    LAST = "last"
    DISTINCT = "distinct"
    """How many different values."""
    MOST_FREQUENT = "most_frequent"
    FIRST_DAY = "first_day"
    """The earliest local day; this and the next three are for computed traits alone, over all events ever."""
    LAST_DAY = "last_day"
    FIRST_AT = "first_at"
    LAST_AT = "last_at"


class TraitTest(msgspec.Struct, frozen=True, tag="trait"):
    """Comparisons with a trait; all must hold. The property of each test is the trait's name."""

    trait: str
    tests: tuple[PropertyTest, ...]


class TraitAge(msgspec.Struct, frozen=True, tag="trait_age"):
    """Whether a date or instant lies within the span before now (``newer``) or before it."""

    trait: str
    newer: bool
    span: Duration


class Did(msgspec.Struct, frozen=True, tag="did"):
    """What the events that match come to, in a window or ever; all bounds and tests must hold.

    Bounds are of counts, sums and extremes; tests are of a value (first, last, most frequent).
    """

    event: str
    where: tuple[PropertyTest, ...] = ()
    aggregate: Aggregate = Aggregate.COUNT
    of: str | None = None
    """The property that is summed or looked at."""
    bounds: tuple[Bound, ...] = (Bound("at_least", 1),)
    window: Window | None = None
    tests: tuple[PropertyTest, ...] = ()


class InAudience(msgspec.Struct, frozen=True, tag="in"):
    """Membership of another audience."""

    audience: str


class InPhase(msgspec.Struct, frozen=True, tag="in_phase"):
    """Whether a phase (``peak``) or a season's phase (``january.peak``) holds at the profile's home location."""

    phase: str


class AtLocation(msgspec.Struct, frozen=True, tag="location"):
    """Whether the home location lies in one of these locations or regions."""

    names: tuple[str, ...]


class InStage(msgspec.Struct, frozen=True, tag="stage"):
    """Whether the profile is in one of these stages of the lifecycle."""

    names: tuple[str, ...]


class Ranked(msgspec.Struct, frozen=True, tag="ranked"):
    """Where the profile stands among others by a number, told by the published cut: a band, or so many of either end.

    Holds where the number is on the sides wanted (inside or not) of every rank of the cut.
    """

    cut: Cut
    wants: tuple[bool, ...]


class AllOf(msgspec.Struct, frozen=True, tag="all"):
    """Every part holds."""

    parts: tuple["Condition", ...]


class AnyOf(msgspec.Struct, frozen=True, tag="any"):
    """At least one part holds."""

    parts: tuple["Condition", ...]


class Negation(msgspec.Struct, frozen=True, tag="not"):
    """The part does not hold."""

    part: "Condition"


Condition = TraitTest | TraitAge | Did | InAudience | InPhase | AtLocation | InStage | Ranked | AllOf | AnyOf | Negation


class Audience(msgspec.Struct, frozen=True):
    """A named condition. ``digest`` changes exactly when the condition does."""

    name: str
    condition: Condition
    digest: str
    description: str = ""
    owner: str = ""


class Edge(msgspec.Struct, frozen=True):
    """A profile joined or left an audience at the instant ``at``."""

    audience: str
    joined: bool
    at: Instant


def walk(condition: Condition) -> list[Condition]:
    """Return the condition and everything inside it, outermost first."""
    found: list[Condition] = []
    waiting: list[Condition] = [condition]
    while waiting:
        node = waiting.pop()
        found.append(node)
        match node:
            case AllOf(parts=parts) | AnyOf(parts=parts):
                waiting.extend(reversed(parts))
            case Negation(part=part):
                waiting.append(part)
            case _:
                pass
    return found
