"""Reads spans of time as conditions write them: a whole number and a unit. Pure."""

from fieldfare.ground.workspace.model import Duration, Path, Problem, parse_duration

MOST_DAYS = 36_525
"""Longest span or window: a hundred years."""


def parse_span(key: str, value: object, path: Path, problems: list[Problem]) -> Duration | None:
    """Return a span of at most a hundred years, reporting a missing unit with the text to write."""
    span = parse_duration(value)
    if isinstance(span, str):
        problem = (
            f"`{key}: {value}` has no unit" if _is_bare_number(value) else f"`{key}: {value}` is not a span of time"
        )
        problems.append(Problem((*path, key), problem, "a span is a whole number and a unit", span))
        return None
    if span.us > MOST_DAYS * Duration(1, "day").us:
        problems.append(
            Problem(
                (*path, key),
                f"`{key}: {value}` is longer than a hundred years",
                f"spans have at most {MOST_DAYS} days",
                "Leave the window out to ask for ever, or write a shorter one",
            )
        )
        return None
    return span


def _is_bare_number(value: object) -> bool:
    return str(value).strip().isdigit()
