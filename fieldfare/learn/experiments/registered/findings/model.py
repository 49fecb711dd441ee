"""Nouns of what is found of a registered experiment. No behaviour, no I/O."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from fieldfare.ground.instants import Day, Instant
from fieldfare.learn.experiments.model import Interval, NotComputable
from fieldfare.learn.experiments.registered.model import Looks, Registration
from fieldfare.learn.experiments.statistics.bayes import Belief
from fieldfare.learn.experiments.statistics.mismatch import Mismatch
from fieldfare.learn.experiments.statistics.model import Effect, Sums
from fieldfare.learn.experiments.statistics.money import Attrition, MustBeTrue
from fieldfare.learn.experiments.statistics.sequences import AlwaysValid
from fieldfare.learn.experiments.statistics.small import Dealt, Paired
from fieldfare.learn.experiments.statistics.survival import Hazards


class Claim(StrEnum):
    """All that may be said of an effect."""

    MORE = "more"
    LESS = "less"
    NOTHING_SHOWN = "nothing_shown"
    TOO_EARLY = "too_early"
    NOT_COMPUTABLE = "not_computable"
    SPLIT_BROKEN = "split_broken"


class Role(StrEnum):
    """What a metric is for in an experiment."""

    PRIMARY = "primary"
    NORTH_STAR = "north_star"
    SUPPORTING = "supporting"
    GUARDRAIL = "guardrail"


class NoCourse(StrEnum):
    """Why the primary metric has no course over time: what people say day by day is not how it is read."""

    MATCHED = "matched"
    UNREAD = "unread"


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """Units of an arm whose windows ended on a day."""

    day: Day
    arm: str
    sums: Sums
    stratum: int | None = None
    """In which they were dealt; ``None``: in none."""
    spread: Mapping[int, int] = {}
    """Of a metric of medians: how often each number of minutes."""


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """Where the experiment stands in its plan, and what interval may be shown now."""

    progress: float | None
    """Units whose window is over, over the planned ones, 1 when the last look is over; ``None`` without a plan."""
    rule: Looks
    may_say: bool
    bound: float | None = None
    """Boundary of this look in standard errors, where looks are planned."""
    shares: tuple[float, ...] = ()
    """Shares of the information at the planned looks that are over."""
    taken: int = 0
    """Planned looks by units that are over."""
    of: int = 0
    """Planned looks by units."""
    units: int | None = None
    """Units that came until the look that stands, which alone it counts; ``None`` where no look by units stands."""
    next_at: int | None = None
    """Units at which one may look next: those that came first, once their windows are over."""
    next_on: Day | None = None
    """Day on which one may look next, where it is known."""
    ends_on: Day | None = None
    """Day of the last look at the latest, by ``stop``, where the planned units have not come."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One metric of one variant against the holdout."""

    metric: str
    role: Role
    variant: str
    claim: Claim
    is_good: bool | None
    """Whether the claim goes the good way; ``None`` where nothing is claimed."""
    effect: Effect | NotComputable
    shown: Interval | None
    """The interval that may be read now."""
    always: AlwaysValid | None
    adjusted_p_value: float | None
    reduction: float
    """By what share CUPED lowered the variance."""
    belief: Belief | None
    strata: int = 0
    """Over how many strata the numbers are weighed; 0: none."""
    look: Look | None = None
    """Where this metric stands, its window being longer than the primary one's; ``None``: where the experiment does."""
    is_money: bool = False
    is_share: bool = False


class Rail(msgspec.Struct, frozen=True, kw_only=True):
    """How a guardrail stands."""

    metric: str
    variant: str
    known: bool
    """False: nothing can be said yet, which is not the same as being in order."""
    tripped: bool
    pauses: bool
    why: str


class Pause(msgspec.Struct, frozen=True):
    """A journey that is to be paused, and why. The gate's kill switch does it."""

    journey: str
    experiment: str
    metric: str
    why: str


class Verdict(StrEnum):
    """What the registered rule says."""

    ADOPT = "adopt"
    STOP = "stop"
    WAIT = "wait"
    INCONCLUSIVE = "inconclusive"


class Money(msgspec.Struct, frozen=True, kw_only=True):
    """The primary effect in money, for those of the best variant. Minor units."""

    variant: str
    additional: float
    additional_interval: Interval
    revenue: float
    cost: float
    net: float
    net_interval: Interval
    roi: float | NotComputable
    roi_low: float | NotComputable
    cost_per_additional: float | NotComputable
    payback: float | NotComputable
    """Periods until the cost has come back, where whoever is additional stays through the registered ones."""
    payback_low: float | NotComputable
    """The same at the low end of the interval."""
    must_be_true: MustBeTrue
    attrition: tuple[Attrition, ...]


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """The primary metric among those with one value of a trait: exploratory."""

    trait: str
    value: str
    variant: str
    effect: Effect | NotComputable
    adjusted_p_value: float | None


class Survival(msgspec.Struct, frozen=True, kw_only=True):
    """The primary metric as time to its event, of a variant beside the control."""

    variant: str
    horizon: int
    """Days up to which the mean time is taken: so long some of both arms were watched."""
    hazards: Hazards | NotComputable
    days: Effect | NotComputable
    """Mean days without the event up to the horizon."""


class Small(msgspec.Struct, frozen=True, kw_only=True):
    """The primary metric by dealing its values anew, for lists that are small."""

    variant: str
    dealt: Dealt | NotComputable


class Matched(msgspec.Struct, frozen=True, kw_only=True):
    """The primary metric inside blocks of matched places, of a variant beside the control."""

    variant: str
    pairs: Paired | NotComputable


class Cohort(msgspec.Struct, frozen=True, kw_only=True):
    """Who was still there so many days after the start."""

    metric: str
    day: int
    variant: str
    effect: Effect | NotComputable


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of a registered experiment at an instant."""

    registration: Registration
    as_of: Instant
    sizes: dict[str, int]
    """Units by arm."""
    crossed: int
    """People who met both arms, because two profiles turned out to be one."""
    of_today: int
    """People who were assigned before their unit was kept, and count in that of today."""
    control: str
    split: Mismatch | NotComputable
    look: Look
    metrics: tuple[Finding, ...]
    costs: dict[str, float | NotComputable]
    """Metrics that follow from another: what one additional person cost, in minor units."""
    rails: tuple[Rail, ...]
    segments: tuple[Segment, ...]
    survival: tuple[Survival, ...]
    small: tuple[Small, ...]
    matched: tuple[Matched, ...]
    cohorts: tuple[Cohort, ...]
    money: Money | NotComputable | None
    no_course: NoCourse | None
    """Why the days of the primary metric are not told; ``None``: they are."""
    verdict: Verdict
    why: str
