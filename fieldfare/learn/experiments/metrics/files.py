"""The shape of ``metrics.yaml``. It only describes; ``parse`` reads."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

Where = Annotated[
    Any, Meta(description="Tests of the event's properties: `{property: value}` or `{property: {above: 3}}`; all hold.")
]


class MetricEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One metric, measured for each unit of an experiment from its start on."""

    metric: Annotated[str, Meta(description="Its name: small letters, digits, `-` and `_`.", examples=["revenue"])]
    kind: Annotated[
        Literal[
            "conversion",
            "revenue",
            "net_revenue",
            "visits",
            "retention",
            "churn",
            "complaint_rate",
            "unsubscribe_rate",
            "cost_to_retain",
            "discount_dependence",
            "first_response_time",
            "delivery",
            "sql",
        ],
        Meta(description="What it is about."),
    ]
    event: Annotated[
        str | None, Meta(description="Event that counts; all kinds but `cost_to_retain`, `delivery` and `sql`.")
    ] = None
    where: Where = None
    property: Annotated[
        str | None, Meta(description="revenue, net_revenue: property of the event that carries money in major units.")
    ] = None
    discount: Annotated[
        str | None, Meta(description="discount_dependence: property of the event that carries what was taken off.")
    ] = None
    refunds: Annotated[str | None, Meta(description="net_revenue: event whose `property` is taken off.")] = None
    answer: Annotated[str | None, Meta(description="first_response_time: event that answers `event`.")] = None
    back: Annotated[
        str | None, Meta(description="churn: event after which who went is there again, so that churn is net.")
    ] = None
    fate: Annotated[
        Literal["lost", "bounced", "failed", "delivered"] | None,
        Meta(description="delivery: which messages count, of those that were tried; `lost`: bounced or failed."),
    ] = None
    sql: Annotated[
        str | None,
        Meta(description="sql: a SELECT over the lake of `profile_id`, `occurred_at` (microseconds) and `value`."),
    ] = None
    fold: Annotated[
        Literal["any", "count", "sum"],
        Meta(description="sql: whether a unit has any row, how many, or the sum of their values."),
    ] = "sum"
    window: Annotated[str, Meta(description="How long after the start it counts.", examples=["30 days"])] = "30 days"
    at: Annotated[
        str | None, Meta(description="retention: looks at the `window` that ends so long after the start.")
    ] = None
    before: Annotated[
        str | None,
        Meta(description="How long before the start the same number is taken to lower the variance (CUPED)."),
    ] = None
    cap: Annotated[float | None, Meta(description="A unit's number beyond this counts as this.")] = None
    winsorise: Annotated[
        str | None,
        Meta(description="A unit's number beyond this quantile of all units counts as it.", examples=["99 %"]),
    ] = None
    better: Annotated[
        Literal["higher", "lower"] | None,
        Meta(description="Which way is good; lower for churn, complaints, unsubscribes, response time and costs."),
    ] = None
    per: Annotated[
        Literal["eligible", "contacted"],
        Meta(
            description="Whom it counts: everybody assigned, or those for whom the holdout alone decided whether a "
            "message went, in both arms."
        ),
    ] = "eligible"
    message_cost: Annotated[
        float, Meta(ge=0, description="net_revenue, cost_to_retain: what one message costs, in major units.")
    ] = 0.0
    of: Annotated[
        str | None, Meta(description="cost_to_retain: metric of shares whose additional people are paid for.")
    ] = None
    description: Annotated[str, Meta(description="What it means, for those who use it.")] = ""


class MetricsFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Metrics by name, for experiments."""

    metrics: Annotated[list[MetricEntry], Meta(description="The metrics.")] = []
