"""Nouns of scheduled work: kinds of it, when each is done, and what became of it. No behaviour."""

from enum import StrEnum
from typing import Any

import msgspec

from fieldfare.ground.instants import Day, Instant


class Work(StrEnum):
    """What can be scheduled."""

    CLEANSE = "cleanse"
    VALIDATE = "validate"
    ENRICH = "enrich"
    INTEGRATIONS = "integrations"
    REHEARSE = "rehearse"
    READINESS = "readiness"
    COMPACT = "compact"


MEANINGS: dict[Work, str] = {
    Work.CLEANSE: "tries the open dead letters again, by the contracts of now, and keeps what passes",
    Work.VALIDATE: "looks at profile health and compares memberships with the lake, beside the daily look",
    Work.ENRICH: "publishes cuts and runs the queries of audiences anew, whenever they would be due",
    Work.INTEGRATIONS: "names providers that do not answer and sources that went silent",
    Work.REHEARSE: "rehearses the next peak with generated people, at every load, and names what breaks",
    Work.READINESS: "keeps the readiness report before the next peak",
    Work.COMPACT: "folds old days of people who were not seen for `inactive` away, lays the lake well, and tells bytes",
}


class Outcome(StrEnum):
    """What became of one run."""

    OK = "ok"
    FINDINGS = "findings"
    """It was done, and somebody should look at what it found."""
    FAILED = "failed"
    CUT_OFF = "cut_off"
    """The server ended meanwhile; it is done again."""
    LATER = "later"
    """Something else was in its way; it is asked again, and that is no try."""


UNDONE = frozenset({None, Outcome.CUT_OFF, Outcome.LATER})
"""What a run becomes that leaves its work to do."""


class Later(msgspec.Struct, frozen=True):
    """What a job answers when something else is in its way."""

    code: str
    message: str


class Duty(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of work and when it is done."""

    work: Work
    phases: tuple[str, ...]
    """Season phases, ``prepare`` or ``january.prepare``; it is done while one of them holds anywhere."""
    every_days: int = 1
    people: int = 1_000
    """Of a rehearsal: how many generated people."""
    inactive_days: int = 365
    """Of compacting: who was not seen for so long."""


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """What ``schedule.yaml`` says."""

    at: int = 3 * 60
    """Minutes after local midnight from which work of the day is done."""
    duties: tuple[Duty, ...] = ()


class Ran(msgspec.Struct, frozen=True, kw_only=True):
    """One run as the journal has it."""

    work: str
    day: Day
    """Local day for which it was due."""
    phase: str
    """By which it was due."""
    began_at: Instant
    ended_at: Instant | None = None
    outcome: str | None = None
    """``None``: it runs."""
    told: dict[str, Any] = {}
    """What it found, in numbers and words of its own."""
