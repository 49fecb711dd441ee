"""The shape of ``health.yaml``. It only describes; :mod:`fieldfare.know.profiles.parse_health` reads."""

from typing import Annotated

import msgspec
from msgspec import Meta

Share = Annotated[float, Meta(ge=0, le=1)]


class ThresholdsEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Thresholds by metric; those left out are the shipped ones."""

    completeness: Annotated[
        Share | None, Meta(description="Least share of active profiles that have a required trait; shipped: 0.9.")
    ] = None
    missing_required: Annotated[
        int | None, Meta(description="Most profiles that may lack a required trait; shipped: 0.")
    ] = None
    match_rate: Annotated[
        Share | None,
        Meta(description="Least share of a source's people who lead to a verified profile; shipped: 0.8."),
    ] = None
    low_confidence: Annotated[
        Share | None, Meta(description="Most profiles of which identity is not sure enough; shipped: 0.05.")
    ] = None
    merge_failures: Annotated[
        int | None, Meta(description="Most questions about identity that may wait; shipped: no threshold.")
    ] = None
    identity_coverage: Annotated[
        Share | None, Meta(description="Least share of profiles with a verified identifier; shipped: 0.95.")
    ] = None
    freshness_hours: Annotated[
        float | None, Meta(description="Most hours that one event in twenty may be late; shipped: 6.")
    ] = None
    reconciliation: Annotated[
        Share | None, Meta(description="Most that the door's count and the lake's may differ; shipped: 0.05.")
    ] = None
    cluster_size: Annotated[int | None, Meta(description="Most profiles with too many identifiers; shipped: 0.")] = None


class HealthFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The daily look at whether profiles are fit to act on."""

    at: Annotated[str, Meta(description="Local time at which it runs, `HH:MM` in quotes.")] = "04:00"
    active_days: Annotated[
        int, Meta(ge=1, le=3_650, description="Completeness counts profiles seen within so many days.")
    ] = 90
    least_confidence: Annotated[
        int, Meta(ge=0, le=100, description="Percent of certainty about who somebody is, below which it is low.")
    ] = 80
    cluster_alarm: Annotated[int, Meta(ge=1, description="Identifiers of one profile above which it is looked at.")] = (
        50
    )
    thresholds: Annotated[ThresholdsEntry, Meta(description="Thresholds by metric.")] = ThresholdsEntry()
    by_phase: Annotated[
        dict[str, ThresholdsEntry],
        Meta(description="Thresholds that hold instead while a season phase is in force somewhere: `peak`."),
    ] = {}
