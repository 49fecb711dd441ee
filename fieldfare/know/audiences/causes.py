"""Why somebody joins or leaves an audience, and which of that may start something. Pure.

Joined and left are events inside the house: they are told to journeys in the transaction that makes them, and stand in
the lake with their cause for everything else that reads them. Only what happens live, and time, starts a journey; a cut
that moved starts those that ask for it.
"""

from enum import StrEnum


class Cause(StrEnum):
    """Why a membership changed."""

    EVENT = "event"
    """A live event."""
    TIME = "time"
    """Time alone; of a relaxed audience: a boundary."""
    CUT = "cut"
    """A newly published cut that moved."""
    BACKFILL = "backfill"
    """An event of the past that was loaded, or a measure that was filled."""
    DEFINITION = "definition"
    """Another definition, or its removal."""
    REFRESH = "refresh"
    """A run of an audience's own query."""
    MERGE = "merge"
    SPLIT = "split"
    NEVER = "never"
    """Somebody said that two people are not one, and they were."""
    QUARANTINE = "quarantine"
    """An identifier was set aside."""
    RELEASE = "release"
    HOUSEHOLD = "household"
    RULES = "rules"
    """Other rules of identity."""
    REBUILD = "rebuild"
    REPLAY = "replay"
    RETRACT = "retract"
    """An event that was taken back."""
    ERASURE = "erasure"


LIVE = frozenset({Cause.EVENT.value, Cause.TIME.value})
"""Joined by these may start a journey."""
STARTS = LIVE | {Cause.CUT.value}
"""Joined by these is told to journeys; by a cut only those are started that ask for it. By no other."""
