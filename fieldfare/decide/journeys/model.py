"""Nouns of journeys: walks, what happens to them, what they command. Definitions are ``definition``'s. No behaviour."""

from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from fieldfare.collect.model import Event, Mode
from fieldfare.decide.journeys.definition import ONE_WAY, Journey, Ways
from fieldfare.ground.instants import Instant
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
HALTED = frozenset({Status.PAUSED, Status.SUPPRESSED})
"""A halted walk hears its goal and its exits and does nothing else."""
MOST_HOPS = 8
"""How many journeys may start one another in a row before the next one is refused: a loop."""


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
    key: str | None = None
    """Value of the property by which the journey is keyed, such as a booking."""
    hops: int = 0
    """How many journeys started one another in a row up to this walk."""
    trail: list[str] = []
    """Paths of the steps taken, in order."""
    deadline_at: Instant | None = None
    """When the walk is over whatever it waits for."""
    resumes_due_at: Instant | None = None
    """What ``due_at`` was when the walk was halted."""
    halted_by: str | None = None
    """Journey or person that halts it."""
    variants: dict[str, str] = {}
    """Experiment of a step -> the variant that the walk met."""
    met_at: dict[str, Instant] = {}
    """Experiment of a step -> when the walk first met it: the first exposure counts, whoever entered first."""
    lead: bytes | None = None
    """Keyed hash of the identifier that began it."""
    reserved: dict[str, str] = {}
    """What the walk has reserved -> of which (a class, a slot)."""
    last_message_at: Instant | None = None
    last_action_at: Instant | None = None
    goal_at: Instant | None = None
    ended_at: Instant | None = None
    end_reason: str | None = None
    """One of ``END_REASONS``, or what an exit step names."""
    stopped_at: Instant | None = None
    """When the goal, an exit rule, the loop bound or a merge stopped it: from then on the gate refuses its proposals.

    ``None`` for a walk that goes on, and for one that simply came to its end after proposing.
    """


END_REASONS: dict[str, str] = {
    "goal": "the goal was reached",
    "end": "no step was left",
    "left": "the person left the audience of an exit, or was not in it",
    "event": "the event of an exit",
    "condition": "the condition of an exit held",
    "timeout": "the walk took as long as it may (`exit: [{after: …}]`)",
    "not_settled": "what let the person in no longer held when the delay was over",
    "loop": "the walk took more than 1,000 steps, or journeys started one another in a ring",
    "trait_missing": "a step needs a trait that the person does not have, or that holds no date",
    "nothing_to_join": "the journey that a step leads to is not there",
    "merged": "two walks of one person came together; the later ends",
    "overtaken": "a journey of the same exclusive group and a higher priority took the person",
    "changed": "the step is gone from the definition",
    "superseded": "a new version asked that who is inside leaves",
    "removed": "the journey is gone",
    "failed": "a defect of the program; nothing else was touched",
}
"""Why walks end, beside what exit steps say. Stable; documented in docs/reference/journeys.md."""


class Index(msgspec.Struct, frozen=True):
    """Journeys by what lets people enter: name of the event, name of the audience."""

    by_event: dict[str, tuple[Journey, ...]]
    by_audience: dict[str, tuple[Journey, ...]]
    by_time: tuple[Journey, ...] = ()
    """Those that people enter at an instant of their own."""
    by_name: dict[str, Journey] = {}


class Standing(NamedTuple):
    """How many live walks of a version stand at a step, in a state."""

    journey: str
    version: str
    step: str
    status: str
    walks: int


class Candidate(msgspec.Struct, frozen=True):
    """A journey that a profile enters, and the name of the cause."""

    journey: Journey
    entry_key: str
    key: str | None = None
    hops: int = 0
    overtakes: tuple[str, ...] = ()
    """Walks that end because of it."""


class Turned(msgspec.Struct, frozen=True):
    """A journey that a cause asked for and that refused the profile, with the reason."""

    journey: str
    reason: str


class Entered(msgspec.Struct, frozen=True, tag="entered"):
    """The walk begins. ``cause`` is the event id that goes into the decision log."""

    cause: str


class TimerFired(msgspec.Struct, frozen=True, tag="timer_fired"):
    """It is ``at``, and the walk's timer may be due."""

    at: Instant


class EventSeen(msgspec.Struct, frozen=True, tag="event_seen"):
    """The profile did something that was just folded into its document."""

    event: Event


class Halted(msgspec.Struct, frozen=True, tag="halted", kw_only=True):
    """The walk must rest: because of another journey (suppressed), or because a person says so (paused)."""

    status: Status
    by: str
    until: Instant | None = None


class Resumed(msgspec.Struct, frozen=True, tag="resumed"):
    """Nothing halts the walk any more; what became due meanwhile is judged now."""


class Stopped(msgspec.Struct, frozen=True, tag="stopped"):
    """Something outside ends the walk."""

    reason: str


class Due(msgspec.Struct, frozen=True, tag="due"):
    """An instant came that a journey by date or by rhythm waits for."""

    journey: str
    at: Instant


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
    hops: int = 0
    """How many journeys started one another in a row up to this edge."""


class Left(msgspec.Struct, frozen=True, tag="left"):
    """The profile left an audience, by whatever cause."""

    audience: str
    cause: str


Happening = Entered | TimerFired | EventSeen | Joined | Left | Halted | Resumed | Stopped
Cause = EventSeen | Joined | Due
"""What may let somebody enter."""


DUE = "due"
"""Status of a proposal that waits for its instant, and then for its verdict."""
CHOOSING = "choosing"
"""Status of a proposal whose channel or moment is to be chosen before it is due."""
WAITING = (CHOOSING, DUE)
"""Statuses of a proposal that nobody has judged, or that is to be judged again."""
HELD = "held"
"""Status of a proposal that waits for a paused broadcast."""
UNDER_WAY = (CHOOSING, DUE, HELD, "permitted")
"""Statuses of proposals of which more will come."""
GIVEN_UP = ("failed", "rejected", "unknown")
"""Statuses of messages that were permitted and did not, or may not, arrive."""
ENDED = ("cancelled", "expired", "failed", "refused", "rejected", "sent", "unknown")
"""Statuses after which a message may be followed by another, or surely is not."""


class Proposal(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """The wish to contact a profile. The id is deterministic, so a second delivery of the same wish is the same row."""

    id: str
    profile_id: int
    journey: str
    version: str
    step: str
    enrollment_id: str
    experiment: str | None
    arm: str
    """An :class:`Arm`, or a variant of a broadcast."""
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
    ways: Ways = ONE_WAY
    """How else it may go, and when."""
    choice: dict[str, Any] | None = None
    """How its channel and its moment were chosen, for the decision log; ``None``: nothing was to be chosen, or yet."""
    follows: str | None = None
    """The message that it follows, by another channel."""
    because: str | None = None
    """Why it follows: ``refused``, ``rejected``, ``failed``, ``bounced``, ``not_opened`` …"""
    followed_by: str | None = None
    """The message that followed it."""
    due_us: int | None = None
    """Of a task: how long after it was put on the list it is due."""
    answers: frozenset[str] = frozenset()
    """Traits that the answer of another system may set."""
    hops: int = 0
    """How many journeys started one another in a row up to the walk."""
    survey: str | None = None
    """Survey whose link the message carries."""
    visit: int = 0
    """Which visit of the step it is: with walk, step and channel it names the message, once."""
    location: str | None = None
    """Home location of the profile when it was proposed; carriers' budgets are divided by it."""
    broadcast: str | None = None
    """The broadcast that proposed it, ``None`` for a journey; ``journey`` is its name then."""

    @property
    def must_be_chosen(self) -> bool:
        """Return whether its channel or its moment is still to be chosen."""
        return self.choice is None and bool(self.ways.fallbacks or self.ways.best_us)

    @property
    def is_second(self) -> bool:
        """Return whether it follows a message that arrived, or may have, and was not answered."""
        return self.because is not None and self.because.startswith("not_")


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


class Append(msgspec.Struct, frozen=True, tag="append", kw_only=True):
    """Append an event of our own about the profile to the log; the same id twice is one."""

    id: str
    name: str
    """Name of the event; ``identify`` sets the payload's traits."""
    payload: dict[str, Any]
    at: Instant
    hops: int


class TakePlace(msgspec.Struct, frozen=True, tag="take_place", kw_only=True):
    """Keep one place of ``what`` and ``of`` for the walk."""

    what: str
    of: str
    until: Instant


class GivePlace(msgspec.Struct, frozen=True, tag="give_place", kw_only=True):
    """Give the walk's place back."""

    what: str
    of: str


class Meet(msgspec.Struct, frozen=True, tag="meet", kw_only=True):
    """Keep that the person was assigned to a variant, and exposed to it, now; what is kept already stays."""

    experiment: str
    variant: str


Command = Propose | Append | TakePlace | GivePlace | Meet
