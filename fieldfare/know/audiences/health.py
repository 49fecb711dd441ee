"""Is an audience fit to act on? Its size against what is expected, its use, its age, what differs. Pure.

Numbers of one day against thresholds; one without a threshold is told and never fails.
"""

from enum import StrEnum

import msgspec

from fieldfare.ground.instants import DAY, Instant
from fieldfare.ground.workspace.model import AudienceRules
from fieldfare.know.audiences.model import Audience


class Metric(StrEnum):
    """What is told of an audience on a day."""

    SIZE = "size"
    """Members."""
    EXPECTED_AT_LEAST = "expected_at_least"
    EXPECTED_AT_MOST = "expected_at_most"
    USEFUL_SIZE = "useful_size"
    """Members, against the fewest that say something."""
    DRIFT = "drift"
    """Share of its last known size by which it moved."""
    UNUSED_DAYS = "unused_days"
    """Days since anything used it."""
    DEFINITION_DAYS = "definition_days"
    """Days since its definition came into force, against its ``ttl``."""
    DIFFERENCES = "differences"
    """Profiles of which what is kept and what the lake answers differ. Any is a defect."""
    QUERY_FAILED = "query_failed"
    """1 when the last run of its query failed."""


class Finding(msgspec.Struct, frozen=True):
    """One row of a day."""

    audience: str
    metric: str
    value: float
    threshold: float | None
    ok: bool


class Difference(msgspec.Struct, frozen=True):
    """One profile of which the readings of a membership are not the same."""

    audience: str
    profile_id: int
    kept: bool
    """Whether the document says that it is in."""
    recorded: bool
    """Whether the changes that were recorded come to that it is in."""
    answered: bool
    """Whether the lake's answer has it."""
    evaluated: bool | None
    """What evaluating the document says; ``None``: not computable, or decided by a query."""


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one audience when it is looked at."""

    size: int
    size_before: float | None
    """The newest size of an earlier day."""
    is_wired: bool
    """Whether a journey, an audience or a stage asks for it."""
    used_at: Instant | None
    """When somebody last read or exported it."""
    since_at: Instant
    """When it came to be."""
    defined_at: Instant
    """When its definition came into force."""
    differences: int | None
    """``None``: nobody compared."""
    has_failed: bool = False


def findings_of(audience: Audience, looked: Looked, rules: AudienceRules, now: Instant) -> list[Finding]:
    """Return what is to be told of an audience."""
    charter, size = audience.charter, looked.size
    found = [_told(audience, Metric.SIZE, size)]
    if charter.fewest is not None:
        found.append(_told(audience, Metric.EXPECTED_AT_LEAST, size, charter.fewest, ok=size >= charter.fewest))
    if charter.most is not None:
        found.append(_told(audience, Metric.EXPECTED_AT_MOST, size, charter.most, ok=size <= charter.most))
    found.append(_told(audience, Metric.USEFUL_SIZE, size, rules.useful_size, ok=size >= rules.useful_size))
    before = looked.size_before
    if before is not None:
        moved = round(abs(size - before) / max(before, 1), 6)
        # Of an audience that is small before and after, a share of its size says nothing.
        is_judged = max(size, before) >= rules.useful_size
        found.append(
            _told(
                audience,
                Metric.DRIFT,
                moved,
                rules.drift if is_judged else None,
                ok=not is_judged or moved <= rules.drift,
            )
        )
    if not looked.is_wired:
        days = max(now - max(looked.since_at, looked.used_at or 0), 0) // DAY
        found.append(_told(audience, Metric.UNUSED_DAYS, days, rules.unused_days, ok=days < rules.unused_days))
    if charter.ttl_days is not None:
        days = max(now - looked.defined_at, 0) // DAY
        found.append(_told(audience, Metric.DEFINITION_DAYS, days, charter.ttl_days, ok=days <= charter.ttl_days))
    if looked.differences is not None:
        found.append(_told(audience, Metric.DIFFERENCES, looked.differences, 0, ok=looked.differences == 0))
    if not audience.is_exact:
        found.append(_told(audience, Metric.QUERY_FAILED, looked.has_failed, 0, ok=not looked.has_failed))
    return found


def _told(
    audience: Audience, metric: Metric, value: float, threshold: float | None = None, *, ok: bool = True
) -> Finding:
    return Finding(audience.name, metric.value, float(value), None if threshold is None else float(threshold), ok)
