"""Nouns of journeys: definitions as compiled, walks, what happens to them, what they command. No behaviour."""

from enum import StrEnum
from typing import Any

import msgspec

from fieldfare.collect.model import Event, Mode
from fieldfare.ground.instants import Instant
from fieldfare.know.audiences.model import Condition
from fieldfare.know.profiles.model import PropertyTest
from fieldfare.learn.experiments.model import Arm


class Status(StrEnum):
    """State of an enrollment. ``DONE`` below lists the final ones."""

    ENTERED = "entered"
    WAITING = "waiting"
    ENGAGED = "engaged"
    PAUSED = "paused"
    SUPPRESSED = "suppressed"
    COMPLETED = "completed"
    EXITED = "exited"
    EXPIRED = "expired"


DONE = frozenset({Status.COMPLETED, Status.EXITED, Status.EXPIRED})


class Enrollment(msgspec.Struct, kw_only=True):
    """One walk of one profile through one journey. ``step`` is a path such as ``2`` or ``3.then.0``."""

    id: str
    """Deterministic: journey, profile, what caused the entry."""
    journey: str
    version: str
    profile_id: int
    status: Status
    step: str
    arm: Arm
    entered_at: Instant
    entry_key: str
    """What made it enter (event place, audience edge): the same cause enters once."""
    home_id: int = 0
    """The profile that it was made for: where it goes back to when a merge is undone."""
    due_at: Instant | None = None
    """When the timer of the present wait fires."""
    visits: int = 0
    """Steps taken so far; bounds loops and names proposals."""
    last_message_at: Instant | None = None
    last_action_at: Instant | None = None
    goal_at: Instant | None = None
    ended_at: Instant | None = None
    end_reason: str | None = None
    """``goal``, ``end`` (no step left), ``left``, ``event``, ``condition``, ``loop``, ``merged``, ``changed``,
    ``removed``, or what an exit step names."""
    stopped_at: Instant | None = None
    """When the goal, an exit rule, the loop bound or a merge stopped it: from then on the gate refuses its proposals.

    ``None`` for a walk that goes on, and for one that simply came to its end after proposing.
    """


class Reentry(StrEnum):
    """Whether somebody may walk a journey again."""

    NEVER = "never"
    ALWAYS = "always"
    AFTER = "after"


class Trigger(msgspec.Struct, frozen=True):
    """An event of this name that passes all tests."""

    event: str
    where: tuple[PropertyTest, ...] = ()


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """Who enters: by joining an audience, or by an event. Exactly one of ``audience`` and ``trigger`` is given."""

    audience: str | None = None
    trigger: Trigger | None = None
    condition: Condition | None = None
    max_age_us: int
    """A cause older than this when it was accepted does not enter."""
    on_cut: bool = False
    """Whether joining because a published cut moved lets people enter too."""
    reentry: Reentry = Reentry.NEVER
    reentry_after_us: int = 0


class Goal(msgspec.Struct, frozen=True, kw_only=True):
    """What the journey is for: the trigger, at most ``within_us`` after the entry."""

    trigger: Trigger
    within_us: int
    revenue: str | None = None
    """Property that carries money."""


class Exit(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that stops a walk; exactly one is given."""

    leaves: str | None = None
    trigger: Trigger | None = None
    condition: Condition | None = None


class Wait(msgspec.Struct, frozen=True, tag="wait"):
    """Wait for a length of time; a day is 24 hours."""

    us: int


class WaitUntil(msgspec.Struct, frozen=True, tag="wait_until"):
    """Wait for the next time that the person's clock shows this minute of the day."""

    minute: int


class WaitFor(msgspec.Struct, frozen=True, tag="wait_for"):
    """Wait for an event, at most ``timeout_us``; the walk goes on either way."""

    trigger: Trigger
    timeout_us: int


class Branch(msgspec.Struct, frozen=True, tag="branch"):
    """Go one way or the other; the paths of the first steps, empty at the end of the journey."""

    condition: Condition
    then: str
    otherwise: str


class Send(msgspec.Struct, frozen=True, tag="send"):
    """Propose a message and go on at once."""

    channel: str
    template: str
    purpose: str
    priority: int
    expires_us: int
    variables: dict[str, Any] = {}


class Leave(msgspec.Struct, frozen=True, tag="exit"):
    """End the walk for a reason of the author's."""

    reason: str


Step = Wait | WaitUntil | WaitFor | Branch | Send | Leave


class Journey(msgspec.Struct, frozen=True, kw_only=True):
    """A journey as compiled. Steps are addressed by path (``0``, ``3.then.0``); an empty path is the end."""

    name: str
    version: str
    """Digest of the definition."""
    description: str = ""
    owner: str = ""
    entry: Entry
    holdout: float | None = None
    """Share of those who enter that is kept out for measurement."""
    goal: Goal | None = None
    exits: tuple[Exit, ...] = ()
    first: str
    steps: dict[str, Step]
    after: dict[str, str]
    """Path of the step that follows each one."""
    heard: frozenset[str]
    """Names of events that may move a walk."""
    left: frozenset[str]
    """Audiences whose leaving stops a walk."""
    echo_us: int
    """How long after its end a walk still hears its goal and exits, because a proposal may still be waiting."""

    @property
    def experiment(self) -> str | None:
        """Name of the experiment that the holdout makes, ``None`` without one."""
        return f"journey.{self.name}" if self.holdout is not None else None


class Index(msgspec.Struct, frozen=True):
    """Journeys by what lets people enter: name of the event, name of the audience."""

    by_event: dict[str, tuple[Journey, ...]]
    by_audience: dict[str, tuple[Journey, ...]]


class Candidate(msgspec.Struct, frozen=True):
    """A journey that a profile enters, and the name of the cause."""

    journey: Journey
    entry_key: str


class Entered(msgspec.Struct, frozen=True, tag="entered"):
    """The walk begins. ``cause`` is the event id that goes into the decision log."""

    cause: str


class TimerFired(msgspec.Struct, frozen=True, tag="timer_fired"):
    """It is ``at``, and the walk's timer may be due."""

    at: Instant


class EventSeen(msgspec.Struct, frozen=True, tag="event_seen"):
    """The profile did something that was just folded into its document."""

    event: Event


class Joined(msgspec.Struct, frozen=True, tag="joined", kw_only=True):
    """The profile joined an audience by a live event, by time, or because a published cut moved.

    Other causes are not told to journeys.
    """

    audience: str
    at: Instant
    """The instant of the edge."""
    cause: str
    """Message id of the event, or a name for the wake-up."""
    mode: Mode = Mode.LIVE
    occurred_at: Instant | None = None
    """When the causing event happened; ``None`` for an edge by time."""
    received_at: Instant | None = None
    by_cut: bool = False
    """Others moved and not the profile itself: only a journey that asks for it lets people enter by that."""


class Left(msgspec.Struct, frozen=True, tag="left"):
    """The profile left an audience, by whatever cause."""

    audience: str
    cause: str


Happening = Entered | TimerFired | EventSeen | Joined | Left


class Proposal(msgspec.Struct, kw_only=True, frozen=True):
    """The wish to contact a profile. The id is deterministic, so a second delivery of the same wish is the same row."""

    id: str
    profile_id: int
    journey: str
    version: str
    step: str
    enrollment_id: str
    experiment: str | None
    arm: Arm
    channel: str
    template: str
    purpose: str
    priority: int
    proposed_at: Instant
    due_at: Instant
    """Not before; moved by deferrals."""
    expires_at: Instant
    event_id: str
    """Message id of the event, or the timer, that led here (decision log column ``event_id``)."""
    variables: dict[str, Any] = {}
    visit: int = 0
    """Which visit of the step it is: with walk, step and channel it names the message, once."""
    location: str | None = None
    """Home location of the profile when it was proposed; carriers' budgets are divided by it."""
    broadcast: str | None = None
    """The broadcast that proposed it, ``None`` for a journey; ``journey`` is its name then."""


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """Who takes what is due, for how long, and what of it."""

    owner: str
    until: Instant
    """Until then nobody else takes it, unless it is given back."""
    most: int
    channels: tuple[str, ...] | None = None
    """``None``: all."""
    others: bool = False
    """All channels but ``channels``: those that the workspace does not have any more."""
    location: str | None = None
    by_location: bool = False
    """Only those of ``location``, which may be ``None``: people without one."""


class Propose(msgspec.Struct, frozen=True, tag="propose"):
    """Queue the proposal; the same id twice is one."""

    proposal: Proposal


Command = Propose
