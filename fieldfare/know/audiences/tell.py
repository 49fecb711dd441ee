"""Says in plain English, line by line, who is in an audience, how soon it follows, and what it is for. Pure."""

from collections.abc import Iterator

from fieldfare.know.audiences.cycle import needs
from fieldfare.know.audiences.explain import sentence
from fieldfare.know.audiences.model import AllOf, AnyOf, Audience, Condition, Listed, Negation, Refresh

_FOLLOWS = {
    Refresh.LIVE: "at once: with the event, or at the very instant at which time turns it",
    Refresh.HOURLY: "at each full hour",
    Refresh.NIGHTLY: "at the beginning of each day",
    Refresh.WEEKLY: "at the beginning of each Monday",
}


def meaning_of(audience: Audience) -> str:
    """Return in one line who is in it, for a history of definitions."""
    condition = audience.condition
    return condition.sql if isinstance(condition, Listed) else sentence(condition)


def told(audience: Audience) -> list[str]:
    """Return what the audience is, a line for each thing; parts of a condition stand indented below it."""
    lines = [f"Audience {audience.name}" + (f": {audience.description}" if audience.description else "")]
    condition = audience.condition
    if isinstance(condition, Listed):
        lines.append("In it is whom its own query returned when it last ran. It is not exact:")
        lines += [f"  {line}" for line in condition.sql.splitlines()]
    else:
        lines.append("In it is every profile for which this holds:")
        lines += list(_parts(condition, 1))
    zone = "" if audience.refresh is Refresh.LIVE else ", in the workspace's zone"
    lines.append(f"Memberships follow {_FOLLOWS[audience.refresh]}{zone}.")
    lines += [f"In {phase} they follow {_FOLLOWS[each]}." for phase, each in sorted(audience.by_phase.items())]
    if asked := needs(audience):
        lines.append(f"It asks for the audiences {', '.join(asked)}.")
    return lines + list(_charter(audience))


def _parts(condition: Condition, depth: int) -> Iterator[str]:
    before = "  " * depth
    match condition:
        case AllOf(parts=parts) | AnyOf(parts=parts):
            yield f"{before}- {'all' if isinstance(condition, AllOf) else 'at least one'} of:"
            for part in parts:
                yield from _parts(part, depth + 1)
        case Negation(part=AllOf() | AnyOf() as part):
            yield f"{before}- not:"
            yield from _parts(part, depth + 1)
        case _:
            yield f"{before}- {sentence(condition)}"


def _charter(audience: Audience) -> Iterator[str]:
    charter = audience.charter
    for name, value in (
        ("Owner", audience.owner),
        ("Action", charter.action),
        ("Outcome", charter.outcome),
        ("Success metric", charter.success_metric),
    ):
        if value:
            yield f"{name}: {value}"
    if charter.fewest is not None or charter.most is not None:
        ends = [
            f"{word} {number:,}"
            for word, number in (("at least", charter.fewest), ("at most", charter.most))
            if number is not None
        ]
        yield f"Expected size: {' and '.join(ends)}"
    if charter.ttl_days is not None:
        yield f"To be looked at again after {charter.ttl_days} days"
    if charter.sync is not None:
        yield f"Sync: {charter.sync.value}"
