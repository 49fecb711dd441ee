"""Reads how else a message may go: fallbacks, the choice among channels, its hour, its escalation. Pure.

Journeys and broadcasts write them alike. Names of channels and templates are checked with all other names.
"""

from collections.abc import Sequence

from fieldfare.decide.journeys.definition import Answer, Escalation, Fallback, Ways
from fieldfare.decide.journeys.files import EscalateEntry, FallbackEntry
from fieldfare.decide.journeys.parse_parts import span_us
from fieldfare.ground.instants import DAY, HOUR
from fieldfare.ground.workspace.model import Path, Problem

SHORTEST, LONGEST = HOUR, 7 * DAY


def parse_ways(
    channel: str,
    fallback: Sequence[FallbackEntry],
    choose: str,
    best_time: str | None,
    escalate: EscalateEntry | None,
    path: Path,
    problems: list[Problem],
    *,
    expires_us: int,
) -> Ways:
    """Return the ways of a message by ``channel`` that expires so long after the wish for it."""
    channels = [channel, *(each.channel for each in fallback)]
    if len(set(channels)) < len(channels):
        what, why = "a channel stands twice among those of the send", "each is tried once"
        problems.append(Problem((*path, "fallback"), what, why, "Name each channel once."))
    if choose == "best" and not fallback:
        what, why = "`choose: best` stands beside one channel", "there is nothing to choose from"
        problems.append(Problem((*path, "choose"), what, why, "Name others under `fallback`, or remove it."))
    return Ways(
        fallbacks=tuple(Fallback(each.channel, each.template) for each in fallback),
        is_best=choose == "best",
        best_us=_best(best_time, (*path, "best_time"), problems) if best_time is not None else None,
        escalation=_escalation(escalate, channels, (*path, "escalate"), problems, expires_us)
        if escalate is not None
        else None,
    )


def _best(text: str, path: Path, problems: list[Problem]) -> int:
    us = span_us(text, path, problems)
    if us > 1 and not SHORTEST <= us <= LONGEST:
        what, why = f"`best_time: {text}` is out of bounds", "the hours of a day are what it chooses among"
        problems.append(Problem(path, what, why, "Write 1 hour to 7 days."))
    return us


def _escalation(
    entry: EscalateEntry, channels: Sequence[str], path: Path, problems: list[Problem], expires_us: int
) -> Escalation:
    after = span_us(entry.after, (*path, "after"), problems)
    if entry.channel in channels:
        what = f"`{entry.channel}` is a channel of the first message too"
        why = "a message goes once by each channel"
        problems.append(Problem((*path, "channel"), what, why, "Escalate to another channel."))
    if after >= expires_us:
        what, why = f"`after: {entry.after}` is past the end of the message", "the second would always come too late"
        problems.append(Problem((*path, "after"), what, why, "Make it shorter, or let the message expire later."))
    return Escalation(channel=entry.channel, template=entry.template, after_us=after, unless=Answer(entry.unless))
