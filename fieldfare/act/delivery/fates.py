"""What became of a message after its hand-over: receipts in any order, any number of times, to one fate. Pure.

Providers repeat themselves and mix up the order, so nothing here depends on either: a fate is the highest rank among
what was told, and the earliest instant of each thing that people did. A delivery can be followed by a bounce, a bounce
never by a delivery; a soft bounce before a delivery was only a delay. Opens and clicks of machines stand apart.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import msgspec

from fieldfare.ground.instants import Instant


class Rank(StrEnum):
    """How far the message came, as the provider tells; from the least telling to the last word."""

    NONE = "none"
    DEFERRED = "deferred"
    SOFT_BOUNCED = "soft_bounced"
    FAILED = "failed"
    DELIVERED = "delivered"
    BOUNCED = "bounced"


_ORDER = {rank: place for place, rank in enumerate(Rank)}
_RANKS = {"deferred": Rank.DEFERRED, "failed": Rank.FAILED, "delivered": Rank.DELIVERED}
_PROVES_DELIVERY = frozenset({"opened", "clicked", "replied", "complained", "unsubscribed"})
PEOPLE_DO = ("opened", "clicked", "replied", "complained", "unsubscribed")
REPORTED = ("delivered", "deferred", "bounced", "failed", *PEOPLE_DO)
"""What a receipt can say."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One receipt, as it is kept."""

    status: str
    at: Instant
    code: str | None = None
    is_soft: bool = False
    is_machine: bool = False


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A report about an attempt, kept under the id of its event: the same report twice is one."""

    id: str
    attempt_id: str
    proposal_id: str
    channel: str
    report: Report
    is_verified: bool = True


class Fate(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a message. Instants are the earliest told; ``None``: never told."""

    rank: Rank = Rank.NONE
    rank_at: Instant | None = None
    code: str | None = None
    """The provider's code with the rank, where it gave one."""
    opened_at: Instant | None = None
    clicked_at: Instant | None = None
    replied_at: Instant | None = None
    complained_at: Instant | None = None
    unsubscribed_at: Instant | None = None
    machine_at: Instant | None = None
    """When a machine first opened it or followed a link: no sign of a person."""


def fate_of(reports: Iterable[Report]) -> Fate:
    """Return what all reports together say; their order and number do not matter."""
    known = list(reports)
    best = min((_told(each) for each in known), default=None, key=_by_rank)
    did: dict[str, Any] = {
        f"{status}_at": min((each.at for each in known if each.status == status and not each.is_machine), default=None)
        for status in PEOPLE_DO
    }
    machine_at = min((each.at for each in known if each.is_machine), default=None)
    if best is None:
        return Fate(machine_at=machine_at, **did)
    rank, at, code = best
    return Fate(rank=rank, rank_at=at, code=code, machine_at=machine_at, **did)


def _told(report: Report) -> tuple[Rank, Instant, str | None]:
    """Return what one report says of how far the message came. Who acts on a message has got it."""
    if report.status == "bounced":
        return Rank.SOFT_BOUNCED if report.is_soft else Rank.BOUNCED, report.at, report.code
    if report.status in _PROVES_DELIVERY:
        return Rank.DELIVERED, report.at, None
    return _RANKS[report.status], report.at, report.code


def _by_rank(told: tuple[Rank, Instant, str | None]) -> tuple[int, Instant, str]:
    rank, at, code = told
    return -_ORDER[rank], at, code or "~"
