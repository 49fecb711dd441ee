"""Nouns of judging anew: a recorded verdict, an earlier hand-over, what would be different. No behaviour."""

from collections.abc import Mapping
from typing import Any

import msgspec

from fieldfare.decide.gate.model import Sent
from fieldfare.decide.journeys.model import Proposal
from fieldfare.ground.instants import Instant


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the decision log."""

    seq: int
    at: Instant
    proposal_id: str
    profile_id: int
    journey: str
    outcome: str
    """``permit``, ``refusal``, ``deferral``."""
    reasons: tuple[str, ...]
    inputs: Mapping[str, Any]
    phases: frozenset[str]
    match_confidence: int
    is_summary: bool
    """Its inputs gave way to their hash."""


class Handed(msgspec.Struct, frozen=True, kw_only=True):
    """A hand-over on record, as far as later verdicts look at it."""

    proposal_id: str
    profile_id: int
    address_hash: bytes
    counts: bool
    """Whether it may fill caps: it was handed over, or nobody knows."""
    sent: Sent


class Told(msgspec.Struct, frozen=True):
    """What was or would be said of a proposal in the end."""

    outcome: str
    reasons: tuple[str, ...]


class Compared(msgspec.Struct, frozen=True):
    """What was said of one proposal, and what the changed rules would have said."""

    proposal: Proposal
    was: Told
    would_be: Told


class Left(msgspec.Struct, frozen=True):
    """Proposals that could not be judged anew: why, and how many."""

    why: str
    proposals: int


class Result(msgspec.Struct, frozen=True):
    """All that was judged anew, and all that was not."""

    compared: tuple[Compared, ...]
    left: tuple[Left, ...]
    verdicts: int
    """Rows that were read."""
