"""Nouns of a rehearsal: what is asked for, what is planned, what was counted. No behaviour."""

from enum import StrEnum
from typing import Any

import msgspec

from fieldfare.ground.instants import Day, Instant


class Population(StrEnum):
    """Who lives through a simulation."""

    REAL = "real"
    """A copy of this installation's people, histories and consents."""
    GENERATED = "generated"


class Fault(StrEnum):
    """What can be made to go wrong."""

    OUTAGE = "outage-at-peak"
    DUPLICATES = "duplicates"
    ZONES = "moving-zones"
    LATE = "late-webhooks"
    MERGES = "merges"
    PARTIAL = "partial-consent"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A simulation as people ask for it; what is ``None`` is left to the defaults."""

    first: str | None = None
    """Ends of the span, see :mod:`fieldfare.flow.spans`."""
    last: str | None = None
    population: str = Population.GENERATED.value
    people: int = 1_000
    """How many generated people; of the real ones all take part."""
    seed: int = 7
    load: int = 1
    faults: tuple[str, ...] = ()


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A simulation that can be run."""

    start: Instant
    end: Instant
    """Nothing happens at this instant or later."""
    population: Population
    people: int
    seed: int
    load: int
    faults: frozenset[Fault]
    group: int = 0
    """Of the generated people, only those whose number leaves this rest by ``groups``."""
    groups: int = 1


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What a workspace gives a population to live by."""

    zone: str
    locations: tuple[tuple[str, str], ...]
    """Name and zone of each."""
    wanted: tuple[tuple[str, dict[str, Any]], ...]
    """Events that its rules wait for, and the JSON Schema of each."""
    purposes: tuple[str, ...]
    """Those that need consent."""
    channels: tuple[str, ...]


class Hourly(msgspec.Struct, frozen=True):
    """Messages handed over in one hour, of one kind."""

    hour: int
    """Since 1970."""
    journey: str
    channel: str
    purpose: str
    tags: tuple[str, ...]
    location: str | None
    sent: int


class Decided(msgspec.Struct, frozen=True):
    """Verdicts of one kind on one journey in one week."""

    journey: str
    week: Day
    """Its Monday."""
    outcome: str
    reasons: tuple[str, ...]
    channel: str
    verdicts: int
    proposals: int


class Tallied(msgspec.Struct, frozen=True):
    """How often something happened to walks of a journey on a UTC day."""

    journey: str
    day: Day
    what: str
    count: int


class Asleep(msgspec.Struct, frozen=True):
    """How the people of a peak came back after it: of one arm, how many were active in it, and how many after."""

    season: str
    arm: str
    active: int
    back: int


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """All that was counted after a simulation; reports are made of it."""

    given: int
    """Calls that the population made, copies of one counted each."""
    applied: int
    duplicates: int
    dead_letters: int
    erased: int
    twice: int
    """Events that stand twice in the lake."""
    events_by_hour: dict[int, int]
    letters_by_day: dict[Day, int]
    events_by_day: dict[Day, int]
    profiles: int
    merged: int
    walks: tuple[Tallied, ...]
    sent: tuple[Hourly, ...]
    decided: tuple[Decided, ...]
    failed_by_day: dict[Day, int]
    """Attempts that failed or whose outcome nobody knows."""
    attempts_by_day: dict[Day, int]
    promised: int
    """Messages that the gate permitted, each once."""
    arrived: int
    """Of those, handed over."""
    sent_twice: int
    lateness: dict[int, int]
    """Whole seconds between happening and acceptance -> events."""
    returned: tuple[Asleep, ...]
