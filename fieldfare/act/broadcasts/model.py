"""Nouns of broadcasts: what a file defines, how a run stands, what was done to it by whom. No behaviour."""

from enum import StrEnum
from typing import Any

import msgspec

from fieldfare.decide.journeys.definition import ONE_WAY, Ways
from fieldfare.ground.instants import Instant
from fieldfare.learn.experiments.model import Arm
from fieldfare.learn.experiments.registered.model import experiment_of_broadcast


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """One version of the message, for a share of those who are not kept out."""

    name: str
    weight: int = 1
    template: str
    variables: dict[str, Any] = {}


class Broadcast(msgspec.Struct, frozen=True, kw_only=True):
    """A broadcast as compiled. It goes out once; another ``edition`` is another broadcast."""

    name: str
    edition: str = ""
    description: str = ""
    audience: str
    channel: str
    template: str
    purpose: str
    priority: int
    per_minute: int | None = None
    """Most messages a minute; ``None``: as fast as the provider takes them."""
    expires_us: int
    """How long after it was started a message may still go."""
    approve_above: int | None = None
    """More recipients than this need somebody else's approval."""
    stays: bool = True
    """Whoever left the audience by the moment of sending gets nothing."""
    variables: dict[str, Any] = {}
    ways: Ways = ONE_WAY
    """How else it may go, and when."""
    holdout: float = 0.0
    """Share of the recipients that is kept out for measurement."""
    variants: tuple[Variant, ...] = ()
    """Versions that are compared; without a holdout the first one is the control."""
    strata: tuple[str, ...] = ()
    """Traits within whose values the shares are exact."""
    version: str
    """Digest of the definition."""

    @property
    def by_channel(self) -> dict[str, str]:
        """Return the template of every channel by which it may go, its escalation's included."""
        return {self.channel: self.template} | self.ways.by_channel

    @property
    def experiment(self) -> str | None:
        """Return the name under which its recipients are assigned, ``None`` where all get the same."""
        return experiment_of_broadcast(self.name, self.edition) if self.holdout or self.variants else None

    @property
    def weights(self) -> dict[str, float]:
        """Return the share of each arm, the control first."""
        total = sum(each.weight for each in self.variants)
        shares = {each.name: each.weight / total for each in self.variants} or {Arm.TREATED.value: 1.0}
        left = 1 - self.holdout
        kept = {Arm.HOLDOUT.value: self.holdout} if self.holdout else {}
        return kept | {name: share * left for name, share in shares.items()}


class Standing(StrEnum):
    """How a run stands. Each is stored; what may follow which is said in ``moves``."""

    LISTING = "listing"
    """Its list of recipients is being written; nobody gets anything yet."""
    WAITING = "waiting"
    """It needs approval."""
    RUNNING = "running"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    DONE = "done"
    """Every recipient has a final state."""


class Act(StrEnum):
    """What people do to a run."""

    START = "start"
    APPROVE = "approve"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One going out of a broadcast, as it stands. The definition is the one it was started with."""

    id: str
    broadcast: Broadcast
    standing: Standing
    listed_at: Instant
    """The list is the audience as of this instant."""
    recipients: int = 0
    started_by: str
    started_at: Instant | None = None
    """When it was first running; messages expire from here."""
    ended_at: Instant | None = None
