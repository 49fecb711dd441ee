"""The shapes of ``experiments/*.yaml`` and of ``programme.yaml``. They only describe; ``parse`` reads."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta


class GuardrailEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What must not happen: exactly one of `at_most` and `worse_by`."""

    metric: Annotated[str, Meta(description="Metric of metrics.yaml.")]
    at_most: Annotated[
        str | None, Meta(description="Share of the treated that must not be exceeded.", examples=["0.5 %"])
    ] = None
    worse_by: Annotated[
        str | float | None,
        Meta(
            description="How much worse than the holdout is too much: points of a share (`1 %`), the metric's own "
            "unit (money: major units), or a part of the holdout's number (`5 % of control`)."
        ),
    ] = None
    pauses: Annotated[bool, Meta(description="Whether the journey is to be paused when it happens.")] = True


class LooksEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Planned looks at the primary metric."""

    spending: Annotated[
        Literal["obrien_fleming", "pocock"],
        Meta(description="How the error is spent: almost all at the end, or evenly."),
    ] = "obrien_fleming"
    at: Annotated[
        list[str],
        Meta(min_length=1, description="Shares of the planned units at which one looks; the last is `100 %`."),
    ] = msgspec.field(default_factory=lambda: ["25 %", "50 %", "75 %", "100 %"])


class PayoffEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The decision in money, in major units of the workspace's currency."""

    value: Annotated[float, Meta(description="What one additional person, or one unit of the metric, brings.")]
    cost: Annotated[float, Meta(ge=0, description="What running it costs beside the messages.")] = 0.0
    message_cost: Annotated[float, Meta(ge=0, description="What one message costs.")] = 0.0
    minimum_return: Annotated[float, Meta(description="Net over cost that it must bring back.", examples=[1.5])] = 0.0
    later_periods: Annotated[
        int, Meta(ge=0, le=120, description="For how many later periods an additional person may pay again.")
    ] = 0


class PlacesEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was begun at some places and not at others; nobody drew lots, so it is weaker evidence."""

    starts: Annotated[
        dict[str, str],
        Meta(
            min_length=1,
            description="First day of each place that has it, `YYYY-MM-DD`; all other places are the comparison.",
            examples=[{"hamburg-altona": "2026-03-01"}],
        ),
    ]
    since: Annotated[str, Meta(description="First day that is looked at, well before the first start.")]
    period: Annotated[str, Meta(description="Length of a period, in whole days.", examples=["7 days"])] = "7 days"


class ExperimentFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One experiment, registered before it starts. What is changed after that is shown as an amendment."""

    experiment: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,63}$", description="Its name.")]
    metric: Annotated[str, Meta(description="The primary metric: the one that decides.")]
    smallest_effect: Annotated[
        str | float,
        Meta(
            description="The smallest difference that matters: points (`2 %`), the metric's unit (money: major "
            "units), or a lift (`10 % of control`)."
        ),
    ]
    journey: Annotated[
        Annotated[str, Meta(min_length=1)] | None,
        Meta(description="Journey whose `holdout` it measures; or a broadcast."),
        Meta(description="Journey whose `holdout` it measures; or a broadcast."),
    ] = None
    step: Annotated[
        Annotated[str, Meta(min_length=1)] | None,
        Meta(description="With `journey`: experiment step whose variants it compares."),
    ] = None
    broadcast: Annotated[
        Annotated[str, Meta(min_length=1)] | None,
        Meta(description="Broadcast whose `holdout` and `variants` it measures."),
    ] = None
    places: Annotated[
        PlacesEntry | None, Meta(description="Places that began something, where people cannot be assigned by lot.")
    ] = None
    edition: Annotated[str | None, Meta(description="With `broadcast`: which edition.")] = None
    hypothesis: Annotated[str, Meta(description="What is expected, and why.")] = ""
    owner: Annotated[str, Meta(description="Who answers for it.")] = ""
    unit: Annotated[
        Literal["profile", "household", "address", "location"], Meta(description="What is assigned as one.")
    ] = "profile"
    blocks: Annotated[
        list[list[str]],
        Meta(
            description="With `unit: location`: matched places; in each block every arm gets its share exactly.",
            examples=[[["hamburg-altona", "kiel-mitte"], ["bremen-west", "hamburg-eimsbuettel"]]],
        ),
    ] = []
    strata: Annotated[
        list[str],
        Meta(
            max_length=4,
            description="With `journey`: traits; among those who have the same values every arm gets its share, "
            "in the order in which they come.",
            examples=[["membership_tier"]],
        ),
    ] = []
    north_star: Annotated[str | None, Meta(description="Metric that the whole programme is for.")] = None
    supporting: Annotated[
        list[str], Meta(max_length=20, description="Metrics that explain how; two do in most cases.")
    ] = []
    guardrails: Annotated[list[GuardrailEntry], Meta(description="What must not happen.")] = []
    segments: Annotated[
        list[str], Meta(max_length=10, description="Traits by whose values the primary metric is shown; exploratory.")
    ] = []
    looks: Annotated[
        Literal["fixed", "always"] | LooksEntry,
        Meta(description="Once at the end, at any moment, or planned looks."),
    ] = "fixed"
    level: Annotated[str, Meta(description="Confidence of its intervals.")] = "95 %"
    power: Annotated[str, Meta(description="Chance to find the smallest effect.")] = "80 %"
    units: Annotated[Annotated[int, Meta(ge=4)] | None, Meta(description="Planned units of both arms together.")] = None
    payoff: Annotated[PayoffEntry | None, Meta(description="The decision in money.")] = None
    start: Annotated[str | None, Meta(description="First day, `YYYY-MM-DD`.")] = None
    stop: Annotated[str | None, Meta(description="Day after the last, `YYYY-MM-DD`.")] = None


class EraEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From a day on, what share of all profiles is kept out of every journey."""

    since: Annotated[str, Meta(description="First day, `YYYY-MM-DD`, in the workspace's zone.")]
    share: Annotated[str, Meta(description="Share of all profiles.", examples=["5 %"])]
    draw: Annotated[int, Meta(ge=1, description="Another number chooses other profiles.")] = 1


class ProgrammeFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What holds for all experiments: the global holdout through time, and journeys that exclude each other."""

    global_holdout: Annotated[
        list[EraEntry], Meta(description="Its history, the oldest first; add, never change.")
    ] = []
    groups: Annotated[
        dict[str, dict[str, str]],
        Meta(
            description="Exclusive groups by name: journeys with their share of the profiles; each takes part in one.",
            examples=[{"offers": {"win-back": "50 %", "renewal": "50 %"}}],
        ),
    ] = {}
