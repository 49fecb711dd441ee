"""Nouns of experiments: the definition, the aggregates of an arm, and what an analysis answers. No behaviour, no I/O.

Money is whole minor units (pence, cents). Shares and probabilities are fractions in [0, 1]; only reports show points.
"""

from enum import StrEnum

import msgspec

from fieldfare.ground.instants import DAY, Day, Instant
from fieldfare.know.profiles.model import PropertyTest


class Arm(StrEnum):
    """Which treatment a profile has in an experiment. A holdout walks the journey; the gate refuses its messages."""

    TREATED = "treated"
    HOLDOUT = "holdout"


class UnitKind(StrEnum):
    """What is assigned as one: everybody behind a unit meets the same treatment."""

    PROFILE = "profile"
    HOUSEHOLD = "household"
    ADDRESS = "address"
    LOCATION = "location"


class Split(msgspec.Struct, frozen=True, kw_only=True):
    """Which variants there are, and what share of the units each one gets."""

    name: str
    salt: str
    """The workspace's name: two brands never share a split."""
    weights: dict[str, float]
    """Share of each variant, the one that is held out first; above zero together, and read in proportion."""
    unit: UnitKind = UnitKind.PROFILE
    blocks: tuple[tuple[str, ...], ...] = ()
    """Matched locations: in each block every variant gets its share exactly, and the hash says who."""


class Era(msgspec.Struct, frozen=True):
    """From a day on, what share is kept out; a new ``draw`` chooses other units than the one before."""

    since_day: Day
    share: float
    draw: int = 1


class Population(StrEnum):
    """Whom a readout counts. Both compare people whom only the coin told apart."""

    ASSIGNED = "assigned"
    """Everybody who was assigned, whether or not a message could go (intention to treat). The default."""
    EXPOSED = "exposed"
    """Those for whom the holdout alone decided: a message was permitted, or refused for the holdout only."""


class Experiment(msgspec.Struct, frozen=True, kw_only=True):
    """Who is kept out for measurement, and what counts as success for both arms."""

    name: str
    """``journey.win-back`` for the holdout of a journey."""
    salt: str
    """The workspace's name: two brands never share a split."""
    holdout: float
    """Share of the units that is kept out, in [0, 1]."""
    goal_event: str
    goal_where: tuple[PropertyTest, ...] = ()
    """All must hold for an event to count."""
    window_us: int = 30 * DAY
    """An event counts when it lies after the start and no later than this many microseconds after it."""
    revenue_property: str | None = None
    """Property of the goal event that carries money in major units, such as ``revenue``; ``None`` reads no money."""
    unit: UnitKind = UnitKind.PROFILE
    """What is assigned as one."""
    blocks: tuple[tuple[str, ...], ...] = ()
    """Matched locations that are split among themselves."""
    minor_digits: int = 2
    """Decimal digits of the currency's minor unit: 2 for pounds and euros, 0 for yen."""


class ArmTotals(msgspec.Struct, frozen=True, kw_only=True):
    """All that an analysis needs of one arm."""

    members: int = 0
    conversions: int = 0
    """Members with at least one goal event inside their window."""
    revenue_sum: int = 0
    """Minor units, of all goal events inside the window."""
    revenue_squares: int = 0
    """Sum over members of the square of their revenue in minor units."""


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """The aggregates of both arms, and who had to be left out."""

    treated: ArmTotals
    holdout: ArmTotals
    immature: int = 0
    """Members whose window is not over yet; in no arm's numbers."""


class Why(StrEnum):
    """Why there is no number."""

    EMPTY_ARM = "empty_arm"
    TOO_SMALL = "too_small"
    NO_VARIATION = "no_variation"
    ZERO_BASE = "zero_base"
    NO_REVENUE_DECLARED = "no_revenue_declared"
    NO_COVARIATE = "no_covariate"
    NO_EVENTS = "no_events"
    NOT_BOUNDED = "not_bounded"
    NO_CONTROLS = "no_controls"
    NO_DATA = "no_data"
    TOO_EARLY = "too_early"
    FAILED = "failed"
    """It could not be asked; the detail says what was met."""


class NotComputable(msgspec.Struct, frozen=True):
    """The answer when there is no honest number: a stable reason and a sentence."""

    reason: Why
    detail: str


class Interval(msgspec.Struct, frozen=True):
    """Limits of a two-sided 95 % confidence interval and the method that made it."""

    low: float
    high: float
    method: str


class Relative(msgspec.Struct, frozen=True):
    """Treated over held out, minus one: 0.64 is 64 % more."""

    value: float
    interval: Interval


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """Treated minus held out. Conversion: a difference of shares. Revenue: minor units per member."""

    treated: float
    holdout: float
    value: float
    standard_error: float
    interval: Interval
    """The interval to show and to decide by."""
    statistic: float | None
    """Pooled z for shares, Welch t for means; ``None`` where the data leave no variation to test."""
    p_value: float | None
    """Two-sided."""
    relative: Relative | NotComputable

    @property
    def sign(self) -> int:
        """1 or -1 when the interval lies wholly on that side of zero, else 0: nothing is shown."""
        return 1 if self.interval.low > 0 else -1 if self.interval.high < 0 else 0


class RatioCheck(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the arms have the sizes that the declared share of holdout would give (sample-ratio mismatch)."""

    expected_holdout: float
    observed_holdout: float
    p_value: float
    passed: bool


class Readout(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about one experiment at ``as_of``."""

    experiment: Experiment
    population: Population
    as_of: Instant
    totals: Totals
    ratio: RatioCheck | NotComputable
    conversion: Difference | NotComputable
    revenue: Difference | NotComputable


class Worth(msgspec.Struct, frozen=True, kw_only=True):
    """A difference of shares in people and money, for ``members`` treated. Money in minor units."""

    people: float
    people_interval: Interval
    revenue: float
    revenue_interval: Interval
    net: float
    net_interval: Interval
    roi: float | NotComputable
    """Net over cost (not gross over cost)."""
    roi_interval: Interval | NotComputable
    cost_per_person: float | NotComputable
    break_even_people: float | NotComputable
