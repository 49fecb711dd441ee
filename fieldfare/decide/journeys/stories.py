"""Tests of journeys that read like stories: what happens at which time, and what must follow. Pure.

A story is played by the true code on a simulated clock (the runner is elsewhere); here it is read, and what happened is
compared with what it says. Every message that was sent must be in the story, so silence is tested too.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from fieldfare.decide.journeys.story_files import MomentEntry, PersonEntry, StoriesFile, StoryEntry
from fieldfare.ground.instants import MINUTE, Instant, day_of, local_day
from fieldfare.ground.workspace.model import Path, Problem, parse_duration
from fieldfare.network.calendars.wall import iso_local, occurrences, parse_clock

_ABSOLUTE = re.compile(r"^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2})$")
_LATER = re.compile(r"^(\d{1,4}) days? (\d{2}:\d{2})$")
_FIX = "Write `2026-03-02 10:00`, or since the beginning `3 days`, `2 hours`, `3 days 10:00`."


class Follows(StrEnum):
    """What a story can expect."""

    ENTERS = "enters"
    STAYS_OUT = "stays out"
    SENDS = "sends"
    REFUSES = "refuses"
    WAITS = "waits"
    EXITS = "exits"


class When(msgspec.Struct, frozen=True):
    """A time of a story: a day and a minute, or so long after the beginning (in days the minute counts)."""

    day: int | None = None
    """Days since 1970, or after the beginning where ``is_later``."""
    minute: int = 0
    us: int = 0
    is_later: bool = False

    def at(self, start: Instant, zone: str) -> Instant:
        """Return the instant."""
        if self.day is None:
            return start + self.us
        day = local_day(start, zone) + self.day if self.is_later else self.day
        return occurrences(day, self.minute, zone)[0]


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a story: either it happens (``does``) or it must follow (``follows``)."""

    when: When
    does: str | None = None
    """``event``, ``traits``, ``grants`` or ``withdraws``."""
    name: str = ""
    values: dict[str, Any] = {}
    channel: str | None = None
    follows: Follows | None = None
    because: str | None = None
    until: When | None = None


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """One test."""

    title: str
    starts: When
    moments: tuple[Moment, ...]
    traits: dict[str, Any]
    consent: dict[str, tuple[str, ...]]
    location: str | None
    held_out: bool
    until: When | None

    @property
    def opts_out(self) -> bool:
        """Whether consent is withdrawn, and something must follow."""
        kinds = [moment.does or moment.follows for moment in self.moments]
        return "withdraws" in kinds and any(
            moment.follows is not None for moment in self.moments[kinds.index("withdraws") :]
        )


class Stories(msgspec.Struct, frozen=True, kw_only=True):
    """The tests of one journey."""

    name: str
    journey: str
    stories: tuple[Story, ...]


class Happened(msgspec.Struct, frozen=True):
    """Something that followed when a story was played."""

    at: Instant
    what: Follows
    name: str = ""
    detail: str = ""
    """Channel, reasons, or until when."""
    until: Instant | None = None


def parse_stories(file: StoriesFile) -> tuple[Stories | None, list[Problem]]:
    """Return the tests, or ``None`` and the problems."""
    problems: list[Problem] = []
    stories = tuple(_story(each, file.person, ("stories", index), problems) for index, each in enumerate(file.stories))
    return (None if problems else Stories(name=file.name, journey=file.journey, stories=stories)), problems


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a story that was played, in words."""

    at: str
    """When, on the clock of the workspace."""
    said: str
    """What happens, or what must follow."""
    holds: bool | None
    """Whether it followed; ``None``: it happens, and nothing is expected."""
    instead: str = ""
    """Where it did not: what happened, as the rest of the sentence."""

    @property
    def sentence(self) -> str:
        """Return the line as one sentence."""
        return f"{self.at}: {self.said}" + (f", {self.instead}" if self.instead else "")


def outcomes(story: Story, happened: Sequence[Happened], zone: str) -> list[Outcome]:
    """Return each moment of a story with what came of it, then what was sent and the story does not tell of."""
    start = story.starts.at(0, zone)
    left = list(happened)
    found: list[Outcome] = []
    for moment in story.moments:
        at = moment.when.at(start, zone)
        time = _time(at, zone)
        if moment.follows is None:
            found.append(Outcome(at=time, said=_happens(moment), holds=None))
        elif moment.follows is Follows.STAYS_OUT:
            entered = [_time(each.at, zone) for each in happened if each.what is Follows.ENTERS and each.at >= at]
            instead = f"and entered {', '.join(entered)}" if entered else ""
            found.append(Outcome(at=time, said="the person should stay out", holds=not entered, instead=instead))
        else:
            fits = next((each for each in left if _fits(moment, each, at, start, zone)), None)
            instead = "" if fits is not None else f"but {_instead(moment, left, at, zone)}"
            found.append(Outcome(at=time, said=_said(moment, start, zone), holds=fits is not None, instead=instead))
            if fits is not None:
                left.remove(fits)
    untold = [each for each in left if each.what is Follows.SENDS]
    return found + [
        Outcome(
            at=_time(each.at, zone),
            said=f"{each.name} was sent by {each.detail}",
            holds=False,
            instead="and the story does not tell of it",
        )
        for each in untold
    ]


def differences(story: Story, happened: Sequence[Happened], zone: str) -> list[str]:
    """Return, in sentences, what the story says and did not happen, and what was sent that it does not tell of."""
    return [each.sentence for each in outcomes(story, happened, zone) if each.holds is False]


def told(happened: Happened, zone: str) -> str:
    """Return what happened as a line."""
    until = f" until {_time(happened.until, zone)}" if happened.until is not None else ""
    detail = f" ({happened.detail})" if happened.detail else ""
    name = f" {happened.name}" if happened.name else ""
    return f"{_time(happened.at, zone)} {happened.what}{name}{until}{detail}"


def _fits(moment: Moment, each: Happened, at: Instant, start: Instant, zone: str) -> bool:
    if each.what is not moment.follows or abs(each.at - at) >= MINUTE:
        return False
    if moment.until is not None:
        return each.until is not None and abs(each.until - moment.until.at(start, zone)) < MINUTE
    if moment.name and each.name != moment.name:
        return False
    if moment.channel is not None and each.detail != moment.channel:
        return False
    return moment.because is None or moment.because in each.detail.split(", ")


def _happens(moment: Moment) -> str:
    """Return what a story lets happen."""
    by = f" by {moment.channel}" if moment.channel is not None else ""
    values = ", ".join(f"{name} {value}" for name, value in moment.values.items())
    match moment.does:
        case "grants":
            return f"consent to {moment.name}{by} is given"
        case "withdraws":
            return f"consent to {moment.name}{by} is withdrawn"
        case "traits":
            return f"it becomes known: {values}"
        case _:
            return f"the event {moment.name} comes" + (f" ({values})" if values else "")


def _said(moment: Moment, start: Instant, zone: str) -> str:
    match moment.follows:
        case Follows.ENTERS:
            return "the person should enter"
        case Follows.SENDS:
            by = f" by {moment.channel}" if moment.channel is not None else ""
            return f"{moment.name} should be sent{by}"
        case Follows.REFUSES:
            why = f" because of {moment.because}" if moment.because is not None else ""
            return f"{moment.name} should be refused{why}"
        case Follows.WAITS:
            assert moment.until is not None
            return f"the walk should wait until {_time(moment.until.at(start, zone), zone)}"
        case _:
            return f"the walk should end as {moment.name}"


def _instead(moment: Moment, left: Sequence[Happened], at: Instant, zone: str) -> str:
    """Return the nearest thing of the same kind, or what happened at that time, or that nothing did."""
    alike = [each for each in left if each.what is moment.follows and (not moment.name or each.name == moment.name)]
    alike = alike or [each for each in left if each.what is moment.follows]
    then = [each for each in left if abs(each.at - at) < MINUTE]
    found = then or sorted(alike, key=lambda each: abs(each.at - at))[:1]
    if not found:
        return "nothing of the kind happened"
    return "what happened is: " + "; ".join(told(each, zone) for each in found)


def _time(at: Instant, zone: str) -> str:
    return iso_local(at, zone)


def _story(entry: StoryEntry, usual: PersonEntry, path: Path, problems: list[Problem]) -> Story:
    person = entry.person if entry.person is not None else usual
    starts = _when(entry.starts, (*path, "starts"), problems)
    if starts.day is None or starts.is_later:
        problems.append(
            Problem((*path, "starts"), f"`{entry.starts}` is no date and time", "", "Write `2026-03-02 10:00`.")
        )
    return Story(
        title=entry.story,
        starts=starts,
        moments=tuple(_moment(each, (*path, "moments", index), problems) for index, each in enumerate(entry.moments)),
        traits=person.traits,
        consent={purpose: tuple(channels) for purpose, channels in person.consent.items()},
        location=person.location,
        held_out=entry.arm == "holdout",
        until=_when(entry.until, (*path, "until"), problems) if entry.until is not None else None,
    )


def _moment(entry: MomentEntry, path: Path, problems: list[Problem]) -> Moment:
    given = {
        key: value
        for key in ("event", "traits", "grants", "withdraws", "enters", "sends", "refuses", "waits", "exits")
        if (value := getattr(entry, key)) is not None
    }
    when = _when(entry.at, (*path, "at"), problems)
    if len(given) != 1:
        what = "several things stand in one moment" if given else "nothing happens in this moment"
        fix = "Write exactly one of event, traits, grants, withdraws, enters, sends, refuses, waits, exits."
        problems.append(Problem(path, what, "a moment is one thing", fix))
        return Moment(when=when)
    ((key, value),) = given.items()
    if key in {"event", "grants", "withdraws"}:
        return Moment(when=when, does=key, name=value, values=entry.properties, channel=entry.channel)
    if key == "traits":
        return Moment(when=when, does=key, values=value)
    if key == "enters":
        return Moment(when=when, follows=Follows.ENTERS if value else Follows.STAYS_OUT)
    if key == "waits":
        return Moment(when=when, follows=Follows.WAITS, until=_when(value, (*path, "waits"), problems))
    return Moment(when=when, follows=Follows(key), name=value, channel=entry.channel, because=entry.because)


def _when(text: str, path: Path, problems: list[Problem]) -> When:
    absolute, later = _ABSOLUTE.match(text), _LATER.match(text)
    found = absolute or later
    if found is not None:
        minute = parse_clock(found[2])
        try:
            day = day_of(datetime.fromisoformat(found[1]).date()) if absolute else int(found[1])
        except ValueError:
            day = None
        if isinstance(minute, int) and day is not None:
            return When(day, minute, is_later=absolute is None)
    else:
        duration = parse_duration(text)
        if not isinstance(duration, str):
            return When(us=duration.us)
    problems.append(Problem(path, f"`{text}` is no time of a story", "nobody could tell when it is", _FIX))
    return When()
