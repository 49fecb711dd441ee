"""Nouns of broadcasts: what a file defines, how a run stands, what was done to it by whom. No behaviour."""

from enum import StrEnum
from typing import Any

import msgspec

from fieldfare.decide.journeys.definition import ONE_WAY, Ways
from fieldfare.ground.instants import Instant


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
    version: str
    """Digest of the definition."""

    @property
    def by_channel(self) -> dict[str, str]:
        """Return the template of every channel by which it may go, its escalation's included."""
        return {self.channel: self.template} | self.ways.by_channel


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
