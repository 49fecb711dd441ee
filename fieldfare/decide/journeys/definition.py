"""Nouns of journeys as they are written and compiled: who enters, what stops a walk, the steps. No behaviour."""

from enum import StrEnum
from typing import Any

import msgspec

from fieldfare.know.audiences.model import Condition
from fieldfare.know.profiles.model import PropertyTest


class Reentry(StrEnum):
    """Whether somebody may walk a journey again."""

    NEVER = "never"
    ALWAYS = "always"
    AFTER = "after"


class Trigger(msgspec.Struct, frozen=True):
    """An event of this name that passes all tests."""

    event: str
    where: tuple[PropertyTest, ...] = ()


class Dated(msgspec.Struct, frozen=True, kw_only=True):
    """An instant that follows from a date or an instant on a profile: so much before it or after it."""

    trait: str
    days: int = 0
    """Calendar days from the date; negative before it."""
    us: int = 0
    """Length of time from the instant; negative before it."""
    minute: int | None = None
    """Minute of the person's day; ``None``: that of the instant, midnight for a date."""
    yearly: bool = False
    """Whether the date comes round every year."""


class Rhythm(msgspec.Struct, frozen=True, kw_only=True):
    """A minute of the person's day, on some days of the week or of the month, for the members of an audience."""

    audience: str
    minute: int
    weekdays: frozenset[int] = frozenset()
    """0 is Monday; empty: every day."""
    month_days: frozenset[int] = frozenset()
    """Days of the month; -1 is the last. Empty: every day."""


class Gate(msgspec.Struct, frozen=True):
    """A condition of entry, by the name under which refusals are counted."""

    reason: str
    condition: Condition


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """Who enters. Exactly one of ``audience``, ``trigger``, ``dated`` and ``rhythm`` is given, or only ``by_call``."""

    audience: str | None = None
    trigger: Trigger | None = None
    dated: Dated | None = None
    rhythm: Rhythm | None = None
    by_call: bool = False
    """Whether the API may enroll."""
    key: str | None = None
    """Property of the event by which walks are told apart; one walk per value."""
    gates: tuple[Gate, ...] = ()
    """All must hold, at the cause and again after the delay."""
    reachable: tuple[str, ...] = ()
    """Channels of which one must reach the person, by address and consent; they become a gate when all is known."""
    settle_us: int = 0
    """How long after the cause the walk begins, if all still holds then."""
    canary_share: float | None = None
    """Share of the profiles that may enter while the journey is tried."""
    max_age_us: int
    """A cause older than this when it was accepted does not enter."""
    on_cut: bool = False
    """Whether joining because a published cut moved lets people enter too."""
    reentry: Reentry = Reentry.NEVER
    reentry_after_us: int = 0
    is_open: bool = True
    """Whether anybody may enter."""
    open_by_phase: dict[str, bool] = {}
    """Whether anybody may enter in a season phase at the person's place."""


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
    after_us: int | None = None
    """So long after the entry the walk expires."""


class Suppresses(msgspec.Struct, frozen=True, kw_only=True):
    """What else must rest while a person walks the journey: named journeys, and those of some purposes."""

    journeys: frozenset[str] = frozenset()
    purposes: frozenset[str] = frozenset()
    for_us: int | None = None
    """So long after the entry, whether the walk is over or not; ``None``: as long as it runs."""


class Running(StrEnum):
    """What becomes of those who walk an older version of a journey."""

    FINISH = "finish"
    MOVE = "move"
    EXIT = "exit"


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """How those inside go over to a new version."""

    how: Running = Running.FINISH
    steps: dict[str, str] = {}
    """Step of the old version -> step of the new one; a step that is not named keeps its path."""
    late_steps: bool = False
    """Whether steps that were added before the place where somebody stands are taken at once."""


class Stop(msgspec.Struct, frozen=True, kw_only=True):
    """When a journey pauses itself: the share of something among what it did lately."""

    what: str
    """One of ``stop.COUNTED``."""
    above: float
    within_us: int
    at_least: int
    """With fewer cases nothing is judged."""
    by_phase: dict[str, float] = {}
    """What ``above`` is in a season phase that is in force anywhere."""


class Waiver(msgspec.Struct, frozen=True):
    """A release check that somebody answers for not to apply."""

    check: str
    by: str
    why: str


class Wait(msgspec.Struct, frozen=True, tag="wait"):
    """Wait for a length of time; a day is 24 hours."""

    us: int


class WaitUntil(msgspec.Struct, frozen=True, tag="wait_until"):
    """Wait for the next time that the person's clock shows this minute of the day."""

    minute: int
    weekdays: frozenset[int] = frozenset()
    """0 is Monday; empty: any day."""


class WaitDate(msgspec.Struct, frozen=True, tag="wait_date"):
    """Wait for the date on a trait; of one that is over the walk goes on at once."""

    dated: Dated


class WaitFor(msgspec.Struct, frozen=True, tag="wait_for"):
    """Wait for an event, at most ``timeout_us``; the walk goes on either way."""

    trigger: Trigger
    timeout_us: int
    late: str | None = None
    """Path of the first step when it did not come; ``None``: the same as when it did."""


class Branch(msgspec.Struct, frozen=True, tag="branch"):
    """Go one way or the other; the paths of the first steps, empty at the end of the journey."""

    condition: Condition
    then: str
    otherwise: str


class Way(msgspec.Struct, frozen=True):
    """One way of a split, and how much of a hundred it takes."""

    name: str
    first: str
    weight: int


class Split(msgspec.Struct, frozen=True, tag="split"):
    """Go one of several ways, by a stable hash of the person; the same person goes the same way every time."""

    ways: tuple[Way, ...]


class Vary(msgspec.Struct, frozen=True, tag="experiment"):
    """Go the way of the person's variant. Who comes here is assigned and exposed, also to the first variant: control.

    Unlike a split it is measured: the variant is kept, and stays the person's in every later walk.
    """

    name: str
    ways: tuple[Way, ...]


class Fallback(msgspec.Struct, frozen=True):
    """Another channel, and its template."""

    channel: str
    template: str


class Answer(StrEnum):
    """What a person does with a message, from the least to the most."""

    OPENED = "opened"
    CLICKED = "clicked"
    REPLIED = "replied"


class Escalation(msgspec.Struct, frozen=True, kw_only=True):
    """A second message by another channel, where the first was not answered in time."""

    channel: str
    template: str
    after_us: int
    """Counted from the hand-over of the first message, not from the wish for it."""
    unless: Answer = Answer.OPENED
    """This, or more than this, makes it needless. Machines do not count."""


class Ways(msgspec.Struct, frozen=True, kw_only=True):
    """How else a message may go, and when. The default: by its own channel alone, at once."""

    fallbacks: tuple[Fallback, ...] = ()
    """Other channels, by the first of which it goes where those before cannot reach the person."""
    is_best: bool = False
    """The order is not as written: the policy's criteria choose, for each person anew."""
    best_us: int | None = None
    """It waits at most so long for the hour at which the person looks; ``None``: it goes at once."""
    escalation: Escalation | None = None

    @property
    def by_channel(self) -> dict[str, str]:
        """Return the template of every other channel, that of the escalation included."""
        told = {each.channel: each.template for each in self.fallbacks}
        return told if self.escalation is None else told | {self.escalation.channel: self.escalation.template}


ONE_WAY = Ways()


class Send(msgspec.Struct, frozen=True, tag="send"):
    """Propose a message and go on at once. Also a task for people, and a call of another system."""

    channel: str
    template: str
    purpose: str
    priority: int
    expires_us: int
    variables: dict[str, Any] = {}
    ways: Ways = ONE_WAY
    due_us: int | None = None
    """Of a task: how long after it was put on the list it is due."""
    answers: frozenset[str] = frozenset()
    """Traits that the answer of the other system may set."""
    survey: str | None = None
    """Survey whose link the message carries."""

    @property
    def by_channel(self) -> dict[str, str]:
        """Return the template of every channel by which it may go, its escalation's included."""
        return {self.channel: self.template} | self.ways.by_channel


class SetTraits(msgspec.Struct, frozen=True, tag="set"):
    """Set traits of the profile, as an event."""

    traits: dict[str, Any]


class Emit(msgspec.Struct, frozen=True, tag="emit"):
    """Let an event happen to the profile."""

    event: str
    properties: dict[str, Any] = {}


class Reserve(msgspec.Struct, frozen=True, tag="hold"):
    """Reserve one of so many places, for a while; where none is free the walk goes another way."""

    what: str
    keyed: bool
    """Whether there are so many for each key of the journey."""
    places: int
    for_us: int
    otherwise: str


class Release(msgspec.Struct, frozen=True, tag="release"):
    """Give a reservation back."""

    what: str


class GoTo(msgspec.Struct, frozen=True, tag="journey"):
    """Ask another journey to take the person, and go on."""

    journey: str


class Leave(msgspec.Struct, frozen=True, tag="exit"):
    """End the walk for a reason of the author's."""

    reason: str


Step = (
    Wait
    | WaitUntil
    | WaitDate
    | WaitFor
    | Branch
    | Split
    | Vary
    | Send
    | SetTraits
    | Emit
    | Reserve
    | Release
    | GoTo
    | Leave
)


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
    kpi: str = ""
    """The one number that says whether it works, in words; a goal says it too."""
    purpose: str = "marketing"
    priority: int = 50
    exclusive: str | None = None
    """Of the journeys of one such group a person walks one at a time."""
    suppresses: Suppresses | None = None
    move: Move = Move()
    stops: tuple[Stop, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    writes: frozenset[str] = frozenset()
    definition: bytes = b""
    """The file as JSON, to be compiled again for who walks this version when a newer one is in force."""

    @property
    def lasts_us(self) -> int | None:
        """How long a walk may take."""
        return min((rule.after_us for rule in self.exits if rule.after_us is not None), default=None)

    @property
    def experiment(self) -> str | None:
        """Name of the experiment that the holdout makes, ``None`` without one."""
        return f"journey.{self.name}" if self.holdout is not None else None

    def experiment_of(self, step: str) -> str:
        """Return the name under which the variants of an experiment step are assigned."""
        return f"journey.{self.name}.{step}"

    @property
    def varied(self) -> dict[str, Vary]:
        """Return its experiment steps by their names."""
        return {step.name: step for step in self.steps.values() if isinstance(step, Vary)}
