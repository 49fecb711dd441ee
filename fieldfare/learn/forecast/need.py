"""What a peak will ask of the installation, against the most that it was seen to do. Pure.

A peak multiplies what is usual by the forecast's upper end over the last weeks' mean. The most that was seen is what
this installation really did, in its own hours: not a promise of the software. Nothing seen is no head-room known.
"""

from collections.abc import Mapping

import msgspec


class Load(msgspec.Struct, frozen=True):
    """What is usual of one kind of work: a day's mean, the share of its busiest hour, and the most seen."""

    a_day: float
    busiest_hour: float
    """Share of a day that falls into its busiest hour; 1 for work that is planned by days."""
    most_seen: float
    """In the unit of the need; 0: nothing was seen."""


class Need(msgspec.Struct, frozen=True):
    """What the peak asks for of one kind of work, and the most that was seen of it."""

    kind: str
    unit: str
    expected: float
    most_seen: float
    head_room: float | None
    """Most seen over expected; ``None`` where nothing was seen or nothing is expected."""


_UNITS = {"events": ("a second", 3_600.0), "messages": ("an hour", 1.0), "tasks": ("a day", 1.0)}


def needs_of(loads: Mapping[str, Load], factor: float) -> list[Need]:
    """Return the needs of the peak by kind: ``events`` a second, ``messages`` an hour, ``tasks`` a day."""
    found = []
    for kind, load in loads.items():
        unit, parts = _UNITS[kind]
        expected = load.a_day * factor * load.busiest_hour / parts
        known = load.most_seen > 0 and expected > 0
        found.append(Need(kind, unit, expected, load.most_seen, load.most_seen / expected if known else None))
    return found
