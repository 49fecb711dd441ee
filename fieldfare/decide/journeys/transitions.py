"""The table of what may follow what in a walk. Data and its rendering; ``step`` asserts that it stays inside it."""

import msgspec

from fieldfare.decide.journeys.model import Status


class Transition(msgspec.Struct, frozen=True):
    """From one state, by one happening, to one of these states; and when."""

    before: Status
    happening: str
    after: tuple[Status, ...]
    when: str


_ON = (Status.COMPLETED, Status.EXITED)
_OVER = (Status.COMPLETED, Status.EXITED, Status.EXPIRED)


def _of_waiting(before: Status) -> tuple[Transition, ...]:
    """Return the moves of a walk that waits; an engaged one stays engaged."""
    as_before = "As while waiting." if before is Status.ENGAGED else None
    on = (before,) if before is Status.ENGAGED else (Status.WAITING, Status.ENGAGED)
    return (
        Transition(
            before, "timer_fired", (before, *_OVER), as_before or "The wait is over, an exit holds, or its time is up."
        ),
        Transition(
            before,
            "event_seen",
            (*on, *_ON),
            as_before or "The goal, an exit, or the event that the step waits for; any other event changes nothing.",
        ),
        Transition(before, "joined", (before, Status.EXITED), as_before or "An exit condition holds now."),
        Transition(before, "left", (before, Status.EXITED), as_before or "The audience of an exit was left."),
        Transition(
            before,
            "halted",
            (Status.PAUSED, Status.SUPPRESSED),
            as_before or "A person says so, or another journey wants it to rest.",
        ),
        Transition(before, "stopped", (Status.EXITED,), as_before or "Something outside ends it."),
    )


def _of_halted(before: Status) -> tuple[Transition, ...]:
    """Return the moves of a walk that rests."""
    on = (Status.ENTERED, Status.WAITING, Status.ENGAGED, *_OVER)
    as_before = "As while paused." if before is Status.SUPPRESSED else None
    return (
        Transition(
            before,
            "resumed",
            on,
            as_before or "Nothing halts it any more; what became due meanwhile is judged now.",
        ),
        Transition(
            before,
            "timer_fired",
            on,
            as_before or "The time for which it was halted is over, or the time that it may take.",
        ),
        Transition(before, "event_seen", (before, *_ON), as_before or "The goal or an exit; nothing else is heard."),
        Transition(before, "joined", (before, Status.EXITED), as_before or "An exit condition holds now."),
        Transition(before, "left", (before, Status.EXITED), as_before or "The audience of an exit was left."),
        Transition(
            before, "halted", (Status.PAUSED, Status.SUPPRESSED), as_before or "It is halted otherwise, or for longer."
        ),
        Transition(before, "stopped", (Status.EXITED,), as_before or "Something outside ends it."),
    )


TRANSITIONS: tuple[Transition, ...] = (
    Transition(
        Status.ENTERED,
        "entered",
        (Status.ENTERED, Status.WAITING, *_ON),
        "The first steps run up to the first wait or the end; with a delay it waits until all has settled.",
    ),
    Transition(
        Status.ENTERED,
        "timer_fired",
        (Status.WAITING, *_OVER),
        "The delay is over: the first steps run if all that let the person in still holds.",
    ),
    Transition(Status.ENTERED, "event_seen", (Status.ENTERED, *_ON), "The goal or an exit."),
    Transition(Status.ENTERED, "joined", (Status.ENTERED, Status.EXITED), "An exit condition holds now."),
    Transition(Status.ENTERED, "left", (Status.ENTERED, Status.EXITED), "The audience of an exit was left."),
    Transition(
        Status.ENTERED,
        "halted",
        (Status.PAUSED, Status.SUPPRESSED),
        "A person says so, or another journey wants it to rest.",
    ),
    Transition(Status.ENTERED, "stopped", (Status.EXITED,), "Something outside ends it."),
    *_of_waiting(Status.WAITING),
    *_of_waiting(Status.ENGAGED),
    *_of_halted(Status.PAUSED),
    *_of_halted(Status.SUPPRESSED),
)
"""Every move of a walk. States that stand nowhere on the left are final or wait for a person."""

_ALLOWED = frozenset((each.before, each.happening, after) for each in TRANSITIONS for after in each.after)


def is_allowed(before: Status, happening: str, after: Status) -> bool:
    """Return whether the table has the move."""
    return (before, happening, after) in _ALLOWED


def render() -> str:
    """Return the table as Markdown, for docs/reference/journeys.md."""
    lines = ["| from | happening | to | when |", "|---|---|---|---|"]
    for each in TRANSITIONS:
        after = ", ".join(f"`{status}`" for status in each.after)
        lines.append(f"| `{each.before}` | `{each.happening}` | {after} | {each.when} |")
    return "\n".join(lines) + "\n"


def render_diagram() -> str:
    """Return the moves between states as lines of a Mermaid state diagram, for docs/explain/journeys.md."""
    moves: dict[tuple[Status, Status], list[str]] = {}
    for each in TRANSITIONS:
        for after in each.after:
            if after is not each.before:
                moves.setdefault((each.before, after), []).append(each.happening)
    lines = [f"    [*] --> {Status.ENTERED}"]
    lines += [f"    {before} --> {after}: {', '.join(by)}" for (before, after), by in moves.items()]
    return "\n".join(lines) + "\n"
