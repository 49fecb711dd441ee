"""Nouns of audiences: conditions as parsed, windows, bounds, audiences, edges. No behaviour beyond plain look-ups.

A condition is a frozen tree; :mod:`fieldfare.know.audiences.compile` makes it run and ``to_lake`` makes it a query.
"""

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from fieldfare.ground.instants import Instant
from fieldfare.ground.workspace.model import Duration
from fieldfare.know.cuts.model import Cut
from fieldfare.know.profiles.model import PropertyTest
from fieldfare.network.calendars.by_phase import resolve
from fieldfare.network.calendars.model import Season

_encode = msgspec.json.Encoder(order="deterministic").encode


def encoded(value: object) -> bytes:
    """Return a condition, or a part of one, as bytes that are the same exactly for the same one."""
    return _encode(value)


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


class During(msgspec.Struct, frozen=True):
    """A stretch of a phase at the profile's home location: the days on which it held, both ends in."""

    phase: str
    back: int
    """0: the one that holds now; 1: the last that is over; 2: the one before that, and so on."""


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


class OnDay(msgspec.Struct, frozen=True, tag="on_day"):
    """Whether a date, or the local day of an instant, is before a day, after it or (``on``) that day."""

    relation: str
    day: int
    """Days since 1970."""


class Ahead(msgspec.Struct, frozen=True, tag="ahead"):
    """Whether a date or instant lies ahead, at least and at most so far; both of days, or both of hours."""

    most: Duration | None = None
    least: Duration | None = None


class Anniversary(msgspec.Struct, frozen=True, tag="anniversary"):
    """Whether the day of a date comes round today or within the next ``days`` days."""

    days: int = 0


class TraitDate(msgspec.Struct, frozen=True, tag="trait_date"):
    """What is asked of a trait that holds a date or an instant (or, for anniversaries, a day of the year)."""

    trait: str
    asks: OnDay | Ahead | Anniversary


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
    during: During | None = None
    """In place of a window."""


class NamedMeasure(msgspec.Struct, frozen=True):
    """A count, a sum, or a rate of two of them, by the name that ``measures.yaml`` gives it.

    The totals have neither bounds nor windows. Without ``over`` it is only a name that nobody has looked up yet.
    """

    name: str
    over: Did | None = None
    under: Did | None = None
    """What a rate is divided by."""


class Look(msgspec.Struct, frozen=True):
    """Where a measure is looked at: in a window, during a stretch, or over everything ever; and for which average."""

    window: Window | None = None
    during: During | None = None
    per: Duration | None = None
    """The average of so long a span in place of the total."""


class Limit(msgspec.Struct, frozen=True):
    """One comparison with a fraction: at_least, at_most, above, below. Of a baseline it is a share."""

    operator: str
    numerator: int
    denominator: int = 1


class MeasureTest(msgspec.Struct, frozen=True, tag="measure"):
    """What a measure comes to, against numbers, or against shares of what it comes to elsewhere (its baseline)."""

    measure: NamedMeasure
    look: Look
    limits: tuple[Limit, ...]
    baseline: Look | None = None


class Following(msgspec.Struct, frozen=True):
    """An event that comes after another one.

    Rolling spans: earlier < occurred_at < earlier + within. In days: later, and on a local day at most so many after
    that of the earlier one.
    """

    event: str
    where: tuple[PropertyTest, ...] = ()
    within: Duration | None = None
    """``None``: at any time after it."""


class EventSequence(msgspec.Struct, frozen=True, tag="sequence"):
    """How many events there are in a window that others follow, each within its span of the one before.

    With ``is_absent`` there is one that should follow: events count whose span has passed without it.
    """

    event: str
    where: tuple[PropertyTest, ...]
    then: tuple[Following, ...]
    bounds: tuple[Bound, ...] = (Bound("at_least", 1),)
    window: Window | None = None
    during: During | None = None
    is_absent: bool = False


OfEvents = Did | MeasureTest | EventSequence
"""Conditions on what happened."""


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


class Listed(msgspec.Struct, frozen=True, tag="listed"):
    """Whether the last run of the audience's own query returned the profile. Stands alone: the whole of one audience.

    It is not exact: it changes when the query is run, and by nothing else.
    """

    audience: str
    """The audience whose query it is."""
    sql: str


class HasIdentifier(msgspec.Struct, frozen=True, tag="identifier"):
    """Whether the profile has an identifier of a kind (``exists``), or has none."""

    kind: str
    exists: bool = True


class MatchConfidence(msgspec.Struct, frozen=True, tag="match_confidence"):
    """How sure identity is of the profile, in whole percent; all bounds must hold."""

    bounds: tuple[Bound, ...]


class Permission(StrEnum):
    """What consent says of one purpose and channel."""

    GRANTED = "granted"
    """A grant is in force."""
    WITHDRAWN = "withdrawn"
    """It was withdrawn or denied."""
    NONE = "none"
    """Nobody said anything, the purpose needs no consent, or purpose or channel are not declared."""


class HasConsent(msgspec.Struct, frozen=True, tag="consent"):
    """What consent says of a purpose and a channel."""

    purpose: str
    channel: str
    permission: Permission = Permission.GRANTED


class Household(msgspec.Struct, frozen=True, tag="household"):
    """How many of the household satisfy a condition: bounds on their number, or ``every`` one of them.

    Who is related to nobody is a household of one. ``others``: the profile itself is not counted.
    """

    who: "Condition | None" = None
    """``None``: everybody counts."""
    bounds: tuple[Bound, ...] = ()
    others: bool = False
    every: bool = False


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


Condition = (
    TraitTest
    | TraitAge
    | TraitDate
    | OfEvents
    | InAudience
    | InPhase
    | AtLocation
    | InStage
    | HasIdentifier
    | MatchConfidence
    | HasConsent
    | Household
    | Ranked
    | Listed
    | AllOf
    | AnyOf
    | Negation
)


class Refresh(StrEnum):
    """How soon a membership follows what decides it."""

    LIVE = "live"
    """At once: with the event, or at the very instant at which time turns it."""
    HOURLY = "hourly"
    NIGHTLY = "nightly"
    """At the first instant of each day in the workspace's zone."""
    WEEKLY = "weekly"
    """At the first instant of each Monday there."""


class Sync(StrEnum):
    """How an audience reaches other systems."""

    NONE = "none"
    EXPORT = "export"
    API = "api"
    DESTINATION = "destination"


class Charter(msgspec.Struct, frozen=True):
    """What an audience is for. Nothing of it changes who is in it."""

    action: str = ""
    """What is done with it."""
    outcome: str = ""
    """What that is to bring about."""
    success_metric: str = ""
    """By what number one sees that."""
    fewest: int | None = None
    most: int | None = None
    """The size that is expected."""
    ttl_days: int | None = None
    """So long a definition holds before somebody must look at it again."""
    sync: Sync | None = None


class Audience(msgspec.Struct, frozen=True):
    """A named condition. ``digest`` changes exactly when the condition does."""

    name: str
    condition: Condition
    digest: str
    description: str = ""
    owner: str = ""
    refresh: Refresh = Refresh.LIVE
    charter: Charter = Charter()
    by_phase: dict[str, Refresh] = {}
    """How it is refreshed in a season phase at the person's place."""

    @property
    def is_exact(self) -> bool:
        """Return whether a condition decides it, not a query."""
        return not isinstance(self.condition, Listed)

    @property
    def is_relaxed(self) -> bool:
        """Return whether its condition is looked at at boundaries alone, in some phase at least."""
        return self.is_exact and any(each is not Refresh.LIVE for each in (self.refresh, *self.by_phase.values()))

    @property
    def rhythm(self) -> str:
        """Return in words how it is refreshed, for histories."""
        return "; ".join((self.refresh.value, *(f"{phase} {each}" for phase, each in sorted(self.by_phase.items()))))

    def refresh_in(self, phases: frozenset[str], seasons: Sequence[Season]) -> Refresh:
        """Return how it is refreshed while these season phases are in force."""
        return resolve(self.refresh, self.by_phase, phases, seasons)


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
            case Household(who=who) if who is not None:
                waiting.append(who)
            case _:
                pass
    return found


def durings_of(condition: Condition) -> tuple[During, ...]:
    """Return the stretches that a condition itself looks at, each once."""
    asked: list[During | None] = []
    match condition:
        case Did(during=during) | EventSequence(during=during):
            asked = [during]
        case MeasureTest(look=look, baseline=baseline):
            asked = [look.during, None if baseline is None else baseline.during]
        case _:
            pass
    return tuple(dict.fromkeys(during for during in asked if during is not None))


def asks_home(condition: Condition) -> bool:
    """Return whether the condition's truth may change with the home location."""
    return isinstance(condition, InPhase | AtLocation) or bool(durings_of(condition))
