"""Nouns of metrics: what is counted for each unit, over which window, and how outliers are treated. No behaviour."""

from enum import StrEnum

import msgspec

from fieldfare.ground.instants import DAY
from fieldfare.know.profiles.model import PropertyTest
from fieldfare.learn.experiments.model import Population


class MetricKind(StrEnum):
    """What a metric is about. Documented in docs/reference/metrics.md."""

    CONVERSION = "conversion"
    REVENUE = "revenue"
    NET_REVENUE = "net_revenue"
    VISITS = "visits"
    RETENTION = "retention"
    CHURN = "churn"
    COMPLAINT_RATE = "complaint_rate"
    UNSUBSCRIBE_RATE = "unsubscribe_rate"
    COST_TO_RETAIN = "cost_to_retain"
    DISCOUNT_DEPENDENCE = "discount_dependence"
    FIRST_RESPONSE_TIME = "first_response_time"
    DELIVERY = "delivery"
    SQL = "sql"


class Fate(StrEnum):
    """What became of a message, by the last word of its receipts, where a metric counts messages."""

    LOST = "lost"
    """Bounced or failed."""
    BOUNCED = "bounced"
    FAILED = "failed"
    DELIVERED = "delivered"


class Shape(StrEnum):
    """Which statistics a metric has."""

    SHARE = "share"
    MEAN = "mean"
    RATIO = "ratio"
    DERIVED = "derived"
    """From another metric's effect: the lake is not asked."""


class Fold(StrEnum):
    """What is made of a unit's rows."""

    ANY = "any"
    COUNT = "count"
    SUM = "sum"


class Rows(msgspec.Struct, frozen=True, kw_only=True):
    """Events that count, and what each counts."""

    event: str
    where: tuple[PropertyTest, ...] = ()
    amount: str | None = None
    """Property with a number; ``None``: each event counts one."""
    sign: int = 1
    """-1: what is taken off, such as refunds."""


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """One metric."""

    name: str
    kind: MetricKind
    shape: Shape
    fold: Fold = Fold.ANY
    rows: tuple[Rows, ...] = ()
    base: tuple[Rows, ...] = ()
    """Discount dependence: all purchases, of which ``rows`` are those with a discount."""
    back: tuple[Rows, ...] = ()
    """Net churn: events after which somebody who went is there again."""
    fate: Fate = Fate.LOST
    """Delivery: which messages count, of those that were tried."""
    answer: str | None = None
    """First response time: the event that answers."""
    sql: str | None = None
    """A SELECT of profile_id, occurred_at (microseconds) and value."""
    window_us: int = 30 * DAY
    from_us: int = 0
    """Counted from here on, after the start: retention at day 90 looks at the days before it only."""
    before_us: int = 0
    """How long before the start the covariate of CUPED looks; 0: none."""
    scale: int = 1
    """What a number of the event is multiplied by: 100 makes minor units of pounds."""
    cap: float | None = None
    """Outliers: a unit's number beyond this counts as this."""
    winsorise: float | None = None
    """Outliers: a unit's number beyond this quantile of all units counts as that quantile."""
    lower_is_better: bool = False
    population: Population = Population.ASSIGNED
    is_money: bool = False
    message_cost: float = 0.0
    """Minor units for each message of the journey: net revenue and cost to retain."""
    of: str | None = None
    """Cost to retain: the metric whose additional people are paid for."""
    description: str = ""

    @property
    def is_event_of_people(self) -> bool:
        """Return whether it is a share of people by one event, so that its first instant says when."""
        return self.shape is Shape.SHARE and bool(self.rows) and not self.back

    @property
    def uses_cuped(self) -> bool:
        """Return whether a covariate is asked for."""
        return self.before_us > 0 and self.shape is Shape.MEAN
