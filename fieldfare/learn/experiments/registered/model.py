"""Nouns of registered experiments: what is promised before the start. No behaviour, no I/O."""

from enum import StrEnum

import msgspec

from fieldfare.ground.instants import Day, Instant
from fieldfare.learn.experiments.model import Era, UnitKind


class Looks(StrEnum):
    """When one may look at the primary metric and say something."""

    FIXED = "fixed"
    """Once, when all planned units are there."""
    ALWAYS = "always"
    """At any moment; the interval is wider for it."""
    OBRIEN_FLEMING = "obrien_fleming"
    POCOCK = "pocock"


class Reached(msgspec.Struct, frozen=True, kw_only=True):
    """That as many units had come as a planned look needs, or that ``stop`` came before them."""

    at: Instant
    """When the last of them came; who came at the same instant is of the look too."""
    units: int
    """How many had come by then."""
    is_last: bool = False
    """Whether it is the last look: of all planned units, or of those who came before ``stop`` where they are fewer."""


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """The arms of an experiment: the share of each, and which one the others are compared with."""

    weights: dict[str, float]
    control: str
    in_strata: bool = False
    """Whether the people of a list were dealt in strata."""

    @property
    def variants(self) -> list[str]:
        """Return the arms that are compared with the control."""
        return [arm for arm in self.weights if arm != self.control]


class Margin(StrEnum):
    """In what a difference is written."""

    UNIT = "unit"
    """In the metric's own unit; money in major units in the file, in minor ones here."""
    POINTS = "points"
    """Points of a share, as a fraction."""
    OF_CONTROL = "of_control"
    """As a share of the control's number: a lift, as a fraction."""


class Guardrail(msgspec.Struct, frozen=True, kw_only=True):
    """What must not happen, whatever the primary metric says."""

    metric: str
    at_most: float | None = None
    """A share of the treated that must not be exceeded."""
    worse_by: float | None = None
    """How much worse than the control the treated may be."""
    margin: Margin = Margin.UNIT
    """In what ``worse_by`` is."""
    pauses: bool = True


class Payoff(msgspec.Struct, frozen=True, kw_only=True):
    """The decision in money. Minor units."""

    value: float
    """What one additional person (a metric of shares), or one unit of the metric, brings."""
    cost: float = 0.0
    """What running it costs beside the messages."""
    message_cost: float = 0.0
    minimum_return: float = 0.0
    """Net over cost that it must bring back at least."""
    later_periods: int = 0
    """For how many later periods an additional person may stay and pay again."""


class Places(msgspec.Struct, frozen=True, kw_only=True):
    """What was begun at some places and not at others, without a coin."""

    starts: dict[str, Day]
    """First day with it of each place; every other place never had it."""
    since: Day
    """First day that is looked at."""
    period_days: int


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """One experiment as it was registered."""

    name: str
    journey: str = ""
    """Journey that it measures; empty for a broadcast."""
    broadcast: str = ""
    edition: str = ""
    step: str = ""
    """Experiment step of the journey whose variants are compared; empty: its holdout."""
    places: Places | None = None
    """Not randomised: places with it beside places without."""
    primary: str
    smallest_effect: float
    """That matters: a difference, or a lift where ``effect_is_lift``."""
    effect_is_lift: bool
    effect_in_points: bool = False
    """Whether the difference is written in points of a share."""
    hypothesis: str = ""
    owner: str = ""
    unit: UnitKind = UnitKind.PROFILE
    blocks: tuple[tuple[str, ...], ...] = ()
    """Matched locations, which are split among themselves."""
    strata: tuple[str, ...] = ()
    """Traits: those who have the same values are dealt among each other, in the order in which they come."""
    north_star: str | None = None
    supporting: tuple[str, ...] = ()
    guardrails: tuple[Guardrail, ...] = ()
    segments: tuple[str, ...] = ()
    """Traits by whose values the primary metric is also shown: exploratory."""
    looks: Looks = Looks.FIXED
    look_at: tuple[float, ...] = (1.0,)
    """Shares of the planned units at which one looks."""
    level: float = 0.95
    power: float = 0.8
    units: int | None = None
    """Planned, both arms together; ``None``: as many as come until ``stop``."""
    payoff: Payoff | None = None
    start: Day | None = None
    stop: Day | None = None

    @property
    def experiment(self) -> str:
        """Return the name under which its units are assigned."""
        if self.places is not None:
            return f"places.{self.name}"
        if self.broadcast:
            return experiment_of_broadcast(self.broadcast, self.edition)
        return f"journey.{self.journey}.{self.step}" if self.step else f"journey.{self.journey}"

    @property
    def source(self) -> str:
        """Return under which name its messages stand in attempts and verdicts."""
        return f"broadcast:{self.broadcast}" if self.broadcast else self.journey

    @property
    def subject(self) -> str:
        """Return what is measured, in words."""
        if self.places is not None:
            return f"{len(self.places.starts)} places"
        if self.broadcast:
            return f"broadcast {self.broadcast}" + (f", edition {self.edition}" if self.edition else "")
        return f"journey {self.journey}" + (f", step {self.step}" if self.step else "")

    @property
    def metrics(self) -> tuple[str, ...]:
        """Return the names of all its metrics, the primary first, each once."""
        star = () if self.north_star is None else (self.north_star,)
        return tuple(dict.fromkeys((self.primary, *star, *self.supporting, *(each.metric for each in self.guardrails))))


def experiment_of_broadcast(name: str, edition: str) -> str:
    """Return the name under which the recipients of a broadcast are assigned; each edition is another experiment."""
    return f"broadcast.{name}.{edition}" if edition else f"broadcast.{name}"


class Programme(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for all experiments of a workspace."""

    salt: str = ""
    """The workspace's name."""
    eras: tuple[Era, ...] = ()
    """History of the global holdout."""
    groups: dict[str, dict[str, float]] = {}
    """Exclusive groups: the journeys in each, with their share of the units."""
