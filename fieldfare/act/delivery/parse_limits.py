"""Compile the rate limits and prices of ``channels.yaml``. Pure."""

from collections.abc import Mapping, Sequence

from fieldfare.act.delivery.files import ChannelFile, LimitFile
from fieldfare.act.delivery.model import ChannelSpec, LimitSpec
from fieldfare.ground.instants import DAY, HOUR, MINUTE, SECOND
from fieldfare.ground.workspace.model import Path, Problem

_SPANS = {"second": SECOND, "minute": MINUTE, "hour": HOUR, "day": DAY}
_MILLION = 1_000_000
_PHONE = frozenset({"twilio"})
"""Drivers whose messages have segments."""


def limits_of(limits: Sequence[LimitFile]) -> tuple[LimitSpec, ...]:
    """Return the limits of a channel."""
    return tuple(
        LimitSpec(
            most=limit.most,
            per_us=_SPANS[limit.per],
            counts_segments=limit.counts == "segments",
            budget=limit.budget,
            each_location=limit.each_location,
            is_divided=limit.divided,
        )
        for limit in limits
    )


def millionths(price: str | None) -> int | None:
    """Return a price in millionths: ``0.0079`` is 7,900."""
    if price is None:
        return None
    whole, _, part = price.partition(".")
    return int(whole) * _MILLION + int(part.ljust(6, "0"))


def limit_problems(at: Path, file: ChannelFile) -> list[Problem]:
    """Return what is wrong with the limits of one channel."""
    problems = []
    for place, limit in enumerate(file.limits):
        where = (*at, "limits", place)
        if limit.counts == "segments" and file.driver not in _PHONE:
            why = f"Messages of the driver `{file.driver}` have none"
            problems.append(Problem((*where, "counts"), "segments are counted", why, "Write `counts: messages`"))
        if limit.each_location and limit.divided:
            why = "Of a limit that every location has by itself nothing is left to divide"
            problems.append(Problem((*where, "divided"), "`divided` beside `each_location`", why, "Remove one of them"))
        if limit.each_location and limit.budget is not None:
            why = "A budget is one for all who take from it"
            problems.append(Problem((*where, "budget"), "`budget` beside `each_location`", why, "Remove one of them"))
        largest = file.max_segments or 3
        if limit.counts == "segments" and limit.most < largest:
            what = f"`most: {limit.most}` is less than one message may take"
            why = f"A message has up to {largest} segments (`max_segments`)"
            problems.append(Problem((*where, "most"), what, why, "Raise `most` or the span, or lower `max_segments`"))
    return problems


def budget_problems(specs: Mapping[str, ChannelSpec]) -> list[Problem]:
    """Return where channels that share a budget disagree about it."""
    known: dict[str, tuple[str, LimitSpec]] = {}
    problems = []
    for name, spec in specs.items():
        for place, limit in enumerate(spec.limits):
            if limit.budget is None:
                continue
            first, told = known.setdefault(limit.budget, (name, limit))
            if limit != told:
                what = f"the budget `{limit.budget}` is another one than at the channel `{first}`"
                fix = "Write the same limit at both, or two names"
                problems.append(
                    Problem(("channels", name, "limits", place), what, "There is one budget of a name", fix)
                )
    return problems
