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

TRANSITIONS: tuple[Transition, ...] = (
    Transition(
        Status.ENTERED, "entered", (Status.WAITING, *_ON), "The first steps run up to the first wait or the end."
    ),
    Transition(Status.WAITING, "timer_fired", (Status.WAITING, *_ON), "The wait is over, or an exit condition holds."),
    Transition(
        Status.WAITING,
        "event_seen",
        (Status.WAITING, Status.ENGAGED, *_ON),
        "The goal, an exit, or the event that the step waits for; any other event changes nothing.",
    ),
    Transition(Status.WAITING, "joined", (Status.WAITING, Status.EXITED), "An exit condition holds now."),
    Transition(Status.WAITING, "left", (Status.WAITING, Status.EXITED), "The audience of an exit was left."),
    Transition(Status.ENGAGED, "timer_fired", (Status.ENGAGED, *_ON), "As while waiting."),
    Transition(Status.ENGAGED, "event_seen", (Status.ENGAGED, *_ON), "As while waiting."),
    Transition(Status.ENGAGED, "joined", (Status.ENGAGED, Status.EXITED), "As while waiting."),
    Transition(Status.ENGAGED, "left", (Status.ENGAGED, Status.EXITED), "As while waiting."),
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
