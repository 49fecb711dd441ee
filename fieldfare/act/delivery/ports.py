"""What delivery needs from others: a channel to hand over to, and readers and writers over the state database.

``Tx`` is one transaction of the state database (a SQLAlchemy connection; a fake's own object in tests). Every method
that takes one reads and writes inside it and never commits. Methods take many keys at once, because a batch of
proposals is decided in one transaction.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from fieldfare.act.delivery.breaker import Breaker
from fieldfare.act.delivery.limits import Bucket
from fieldfare.act.delivery.model import (
    Attempt,
    Capabilities,
    ConsentQuestion,
    Counted,
    Inbound,
    LostCall,
    Message,
    Outcome,
    Person,
    Posted,
    ProposalChange,
    Receipt,
    Request,
    Standing,
    Tally,
    TrackedLink,
)
from fieldfare.decide.gate.model import Controls, Facts, Finding, Permit, Verdict
from fieldfare.decide.gate.ports import Asked
from fieldfare.decide.journeys.model import Claim, Proposal
from fieldfare.ground.instants import Instant

Tx = Any
PersonKey = tuple[int, str]
"""Profile id and kind of identifier (``email``, ``phone``, ``user_id``), or ``profile`` for the profile itself."""


class Channel(Protocol):
    """One way to reach people. Only :meth:`send` does I/O, and it never raises: whatever happens is an outcome."""

    @property
    def name(self) -> str:
        """Name of the channel in the workspace."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What it needs and can do."""
        ...

    def prepare(self, message: Message, permit: Permit) -> Request | Outcome:
        """Return what will be sent, or ``REJECTED`` when it cannot be sent at all (unusable address). Pure.

        The permit must be for this proposal and channel (a bug otherwise: ``AssertionError``).
        """
        ...

    def send(self, request: Request) -> Outcome:
        """Call the provider once. ``FAILED`` only when it surely did not take the message; in doubt ``UNKNOWN``."""
        ...

    def parse_receipt(self, posted: Posted) -> list[Receipt | Inbound]:
        """Return what the provider reports of messages, and what people answered. Pure.

        Raises ``CallerError`` ``receipt_unsigned`` (401), ``receipt_invalid`` (400), ``receipts_unsupported`` (404).
        """
        ...


class Transactions(Protocol):
    """The state database."""

    def write(self, *, replayable: bool = False) -> AbstractContextManager[Tx]:
        """One read-write transaction; commits at the end of the body, rolls back when it raises.

        ``replayable``: it may be lost to a power failure until the next one that is not is durable, and with it.
        """
        ...

    def read(self) -> AbstractContextManager[Tx]:
        """One read-only snapshot."""
        ...


class People(Protocol):
    """Profiles as delivery needs them. Ids of merged profiles are followed to the one that stands."""

    def load(self, tx: Tx, wanted: Sequence[PersonKey]) -> dict[PersonKey, Person]:
        """Return traits (unsealed) and address of each; an erased profile is left out."""
        ...

    def standing(self, tx: Tx, profile_ids: Sequence[int], now: Instant) -> dict[int, Standing]:
        """Return zone, phases, holds and confidence of every id asked for (erased: revision -1)."""
        ...


class ConsentReader(Protocol):
    """The consent ledger and the suppression list."""

    def in_force(self, tx: Tx, questions: Sequence[ConsentQuestion], now: Instant) -> list[str]:
        """Return ``granted``, ``withdrawn``, ``denied`` or ``missing`` for each question, in order."""
        ...

    def told(self, tx: Tx, questions: Sequence[ConsentQuestion], now: Instant) -> list[tuple[str, tuple[str, ...]]]:
        """Return what is in force for each question, as above, and the ids of the records that speak for it."""
        ...

    def suppressed(self, tx: Tx, hashes: Sequence[bytes]) -> dict[bytes, Instant]:
        """Return since when addresses are suppressed; those that are not are left out."""
        ...

    def pending(self, tx: Tx, questions: Sequence[ConsentQuestion]) -> list[bool]:
        """Return of which questions the urgent partition has records that may speak and are not applied, in order.

        Read the log's head before the watermark.
        """
        ...

    def suppress(self, tx: Tx, address_hash: bytes, reason: str, at: Instant, source: str) -> None:
        """Suppress an address; the earlier entry stands when there is one."""
        ...


class Orders(Protocol):
    """What people ordered (pauses, modes, holds, releases), and what is used up: limits, control group, breakers."""

    def read(self, tx: Tx, asked: Sequence[Asked], now: Instant) -> dict[str, Controls]:
        """Return by proposal id what stands; every proposal asked about is in it."""
        ...

    def stopped(self, tx: Tx, asked: Sequence[Asked], now: Instant) -> dict[str, Finding]:
        """Return by proposal id why its call must not start now (a pause, a mode); others are left out."""
        ...

    def note(self, tx: Tx, judged: Sequence[tuple[Facts, Verdict]], now: Instant) -> None:
        """Keep what verdicts lead to: what waits for a person, what permits take of limits."""
        ...


class JourneyState(Protocol):
    """Enrollments, read only."""

    def live(self, tx: Tx, proposals: Sequence[Proposal], now: Instant) -> set[str]:
        """Return the ids of proposals whose walk neither exited nor reached its goal, judged again at ``now``.

        A walk that simply ran to its end after proposing counts as live.
        """
        ...


class Proposals(Protocol):
    """The proposals' rows."""

    def is_any_due(self, tx: Tx, now: Instant) -> bool:
        """Return whether anything is due, so that an idle round writes nothing."""
        ...

    def waiting(self, tx: Tx, channels: Collection[str], now: Instant) -> dict[str | None, int]:
        """Return how many proposals of the channels are due, by location."""
        ...

    def claim(self, tx: Tx, now: Instant, claim: Claim) -> list[Proposal]:
        """Claim proposals of status ``due`` with ``due_at <= now``, earliest first; never what another holds."""
        ...

    def release(self, tx: Tx) -> None:
        """Let go of all claims: for a process that knows that it is alone."""
        ...

    def still_due(self, tx: Tx, proposal_ids: Sequence[str], now: Instant, owner: str) -> set[str]:
        """Return those that are due and the owner's inside this transaction."""
        ...

    def load(self, tx: Tx, proposal_ids: Collection[str]) -> dict[str, Proposal]:
        """Return proposals by id; those that are gone are left out."""
        ...

    def change(self, tx: Tx, changes: Sequence[ProposalChange]) -> None:
        """Write status, and ``due_at`` where it is given; whoever had claimed it has it no more."""
        ...


class Decisions(Protocol):
    """The decision log: rows with the columns of ``fieldfare/decide/gate/store.py``."""

    def add(self, tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
        """Append rows."""
        ...

    def delivered(self, tx: Tx, became: Mapping[str, tuple[str, str | None]]) -> None:
        """Note on the latest permit of each proposal what became of it: its delivery status, and what was sent."""
        ...


class Exposures(Protocol):
    """Who met which treatment."""

    def record(self, tx: Tx, met: Sequence[tuple[str, int, str, Instant]]) -> None:
        """Record first exposures (experiment, profile, arm, instant); a later one changes nothing."""
        ...


class Outbox(Protocol):
    """Events that the relay appends to the log."""

    def add(self, tx: Tx, events: Sequence[dict[str, Any]]) -> None:
        """Keep events; the same message id twice is one row."""
        ...

    def sealed(self, event: dict[str, Any]) -> Any:
        """Return an event as it is kept. Needs no transaction, so nobody need wait for it."""
        ...

    def keep(self, tx: Tx, sealed: Sequence[Any]) -> None:
        """Keep events that were sealed before, as ``add`` does."""
        ...


class TrackedLinks(Protocol):
    """The links of messages that lead over the workspace's own domain."""

    def add(self, tx: Tx, links: Sequence[TrackedLink], at: Instant) -> None:
        """Keep them, sealed; the same id twice is one row."""
        ...


class Attempts(Protocol):
    """The attempts' rows, and the lock of an address."""

    def lock(self, tx: Tx, hashes: Sequence[bytes]) -> None:
        """Hold the lock of each address until the transaction ends. Takes them in one fixed order."""
        ...

    def tally(self, tx: Tx, proposal_ids: Sequence[str]) -> dict[str, Tally]:
        """Return how many attempts each proposal has had; those without any are left out."""
        ...

    def counted(self, tx: Tx, hashes: Sequence[bytes], profile_ids: Sequence[int], since: Instant) -> list[Counted]:
        """Return the attempts since then that count toward caps, to any of the addresses or profiles, by time."""
        ...

    def add(self, tx: Tx, attempts: Sequence[Attempt]) -> None:
        """Write new attempts."""
        ...

    def start(self, tx: Tx, attempt_ids: Collection[str], at: Instant) -> set[str]:
        """Stamp the starts of calls; return those that were not started or ended before (by a recovery)."""
        ...

    def finish(self, tx: Tx, ended: Mapping[str, Outcome], at: Instant) -> set[str]:
        """Write the outcomes of attempts that are handing over; return which were, the others have one already.

        Only ``handed_over`` and ``unknown`` go on counting toward caps.
        """
        ...

    def abandon(self, tx: Tx, attempt_ids: Collection[str], at: Instant, outcome: str) -> set[str]:
        """Close attempts whose call was never started; return which: a started or closed one is not."""
        ...

    def give_back(self, tx: Tx, attempt_ids: Collection[str], at: Instant, outcome: str) -> set[str]:
        """Close attempts that were started and, as only who started them knows, not called; the start is undone."""
        ...

    def unfinished(self, tx: Tx, granted_before: Instant) -> list[Attempt]:
        """Return attempts that are handing over and were granted before the instant."""
        ...

    def of_provider(self, tx: Tx, channel: str, provider_id: str) -> Attempt | None:
        """Return the attempt that a receipt is about."""
        ...


class LookUps(Protocol):
    """Attempts of which nobody knows whether the provider took them, and when it is asked."""

    def plan(self, tx: Tx, attempt_id: str, at: Instant | None, looked_up: int) -> bool:
        """Say when the provider is asked next (``None``: never), and how often it was; false when it is known."""
        ...

    def due(self, tx: Tx, now: Instant, most: int) -> list[Attempt]:
        """Return unknown attempts whose provider is to be asked by now, the longest waiting first."""
        ...

    def others(self, tx: Tx, attempt: Attempt) -> frozenset[str]:
        """Return the provider's ids of the other attempts on the channel to the same address."""
        ...

    def answer(self, tx: Tx, attempt_id: str, outcome: Outcome) -> bool:
        """Write what is known now of an attempt whose outcome is unknown; false when it is known already."""
        ...


class SendsTogether(Protocol):
    """A channel that takes a whole wave in one transaction of its own: capability ``together``."""

    def send_all(self, requests: Sequence[Request]) -> list[Outcome]:
        """Hand over all, and return the outcome of each, in order. Like ``send`` it does not raise."""
        ...


class LooksUp(Protocol):
    """A channel whose provider can be asked: capability ``looks_up``."""

    def look_up(self, lost: LostCall) -> Outcome:
        """Ask the provider whether it took the message.

        ``HANDED_OVER``: it has it. ``FAILED``: it surely has not and will not. ``UNKNOWN``: it cannot say (yet).
        """
        ...


class Providers(Protocol):
    """What is stored of providers: breakers and what is left of rate limits. Reading locks what is read."""

    def breakers(self, tx: Tx, names: Collection[str], *, lock: bool) -> dict[str, Breaker]:
        """Return the breakers by name of the provider; one never written is closed."""
        ...

    def keep_breakers(self, tx: Tx, breakers: Mapping[str, Breaker], now: Instant) -> None:
        """Write breakers."""
        ...

    def buckets(self, tx: Tx, keys: Collection[str]) -> dict[str, Bucket]:
        """Return the buckets, locked to the end of the transaction; those never written are left out."""
        ...

    def keep_buckets(self, tx: Tx, buckets: Mapping[str, Bucket]) -> None:
        """Write buckets."""
        ...


class Broadcasts(Protocol):
    """What delivery asks of broadcasts."""

    def running(self, tx: Tx, broadcasts: Collection[str]) -> dict[str, int | None]:
        """Return which of these broadcasts may hand over now, neither paused nor cancelled, and how many a minute."""
        ...

    def reached(self, tx: Tx, broadcasts: Collection[str], hashes: Collection[bytes]) -> set[tuple[str, bytes, str]]:
        """Return which addresses have, or may have, the message of which broadcast, and as which enrollment's."""
        ...

    def reopen(self, tx: Tx, broadcasts: Collection[str]) -> set[str]:
        """Let those of the broadcasts that are done run on, for a message follows one of theirs; return which."""
        ...

    def cancelled(self, tx: Tx, broadcasts: Collection[str]) -> set[str]:
        """Return which of the broadcasts were cancelled: nothing brings them back."""
        ...
