"""Nouns of delivery: messages as rendered, requests as prepared, attempts, outcomes, receipts. No behaviour."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from fieldfare.decide.gate.model import Sent
from fieldfare.ground.instants import SECOND, Instant

HANDING_OVER = "handing_over"
"""Outcome of an attempt that has none yet: permitted, perhaps called."""
ABANDONED = "abandoned"
"""Outcome of an attempt that was permitted and surely never called: the process ended before the call started."""
STOPPED = "stopped"
"""Outcome of an attempt that the check at call start held back; its proposal is judged anew."""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A rendered message. ``headers`` carry List-Unsubscribe and the like; ``html`` is ``None`` for plain channels."""

    proposal_id: str
    channel: str
    template: str
    to: str
    """The address in clear; lives in memory only."""
    subject: str | None
    text: str
    html: str | None
    headers: dict[str, str]
    unsubscribe_url: str | None
    location: str | None = None
    """Home location of the person, for channels that hand the message to people of a place."""
    due_us: int | None = None
    """Of a task: how long after it was put on the list it is due; the channel's own when left out."""
    variant: str = ""
    """Which wording it is: empty for the template's own, a locale, or either with ``/fallback``."""
    links: tuple["TrackedLink", ...] = ()
    """Links of this message that lead over the workspace's own domain."""
    answers: frozenset[str] = frozenset()
    """Traits that the answer of the other system may set."""
    hops: int = 0
    """How many journeys started one another in a row up to this message."""


class TrackedLink(msgspec.Struct, frozen=True, kw_only=True):
    """A link of one message, under a signed id. ``target`` is personal: it may carry whatever the template put in."""

    id: str
    proposal_id: str
    kind: str
    """``click``, or ``open`` for the pixel."""
    place: int
    """Which link of the message it is, from 0."""
    target: str


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel will send, complete: nothing is decided after this. Lives in memory only."""

    proposal_id: str
    channel: str
    template: str
    to: str
    """The address in the form that the provider takes."""
    address_hash: bytes
    headers: dict[str, str]
    body: bytes
    at: Instant
    """When the permit was granted: the time that the message itself states."""
    answers: frozenset[str] = frozenset()
    """Traits that the answer may set."""
    hops: int = 0


class Answer(msgspec.Struct, frozen=True):
    """What another system answered about the person: traits that it may set, and how many hops led there."""

    traits: dict[str, Any]
    hops: int


class OutcomeKind(StrEnum):
    """What became of one attempt."""

    HANDED_OVER = "handed_over"
    """The provider accepted it."""
    REJECTED = "rejected"
    """The provider said no for good (bad address, blocked)."""
    FAILED = "failed"
    """The provider surely did not take it; another attempt may be made, judged anew."""
    UNKNOWN = "unknown"
    """We cannot know whether it took it: never tried again."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """Result of a provider call."""

    kind: OutcomeKind
    provider_id: str | None = None
    detail: str | None = None
    """Short and stable (``smtp_550_5.1.1``, ``http_429``); never quotes the provider's text, which may name people."""
    suppress: bool = False
    """The address must not be contacted again (hard bounce, complaint, opt-out at the carrier)."""
    opted_out: bool = False
    """The provider says that the person opted out there: told as a withdrawal, not only as an undeliverable address."""
    retry_after_us: int | None = None
    """How long the provider asks to be left alone, when it says so; microseconds, never more than a day."""
    of_recipient: bool = False
    """It befell this one recipient: the provider itself works."""
    answer: Answer | None = None


class LostCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call of which nobody knows whether the provider took it, as the provider is asked about it."""

    proposal_id: str
    to: str | None
    """The address in clear, in memory only; ``None`` when the person has it no more."""
    started_at: Instant
    known: frozenset[str] = frozenset()
    """The provider's ids of other messages to the same address."""


class Posted(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider posted to us, as it came."""

    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    target: str = ""
    """Path and query as the caller wrote them; some providers sign them."""
    at: Instant = 0
    """When it arrived."""


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider reported later about a message."""

    provider_id: str
    status: str
    """delivered, bounced, complained, opened, clicked, unsubscribed, failed, deferred."""
    occurred_at: Instant
    id: str | None = None
    """The provider's own id of this report; the same id twice is one event. ``None``: told by status and time."""
    proposal_id: str | None = None
    """Our id, where the provider gives it back: finds the message whose provider id we never learned."""
    detail: dict[str, Any] = {}
    verified: bool = True
    """False only in shadow mode: its proof did not fit, and it was taken all the same."""


class Keyword(StrEnum):
    """What an answer by text message asks for."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    REVIEW = "review"
    """It may be a wish to hear no more; a person must read it."""
    NONE = "none"


class Inbound(msgspec.Struct, frozen=True, kw_only=True):
    """A message that a person wrote to us. ``sender`` and ``text`` are personal and live in memory only."""

    id: str
    """The provider's id of it."""
    sender: str
    text: str
    keyword: Keyword
    verified: bool = True


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel needs and can do. A template that asks for more is refused by ``validate``."""

    address: str
    """Kind of identifier that it sends to: ``email``, ``phone``, ``user_id`` or ``profile``."""
    receipts: bool
    """It reads receipts."""
    instant: bool = False
    """Its call ends in well under a millisecond and leaves nothing the machine, so calls may be started in waves."""
    html: bool = True
    """It carries HTML beside the plain text."""
    subject: bool = True
    """It carries a subject."""
    links: bool = True
    """What it carries can be followed by a click."""
    attachments: bool = False
    """It carries files. No channel does yet."""
    one_click: bool = False
    """It carries the headers of one-click unsubscription (RFC 8058), and mailbox providers ask for them."""
    opt_out: str = "link"
    """How people leave: by the ``link``, or by a ``reply`` such as STOP that we read."""
    max_length: int | None = None
    """Longest text in characters."""
    max_segments: int | None = None
    """Most segments of a text message."""
    inbound: bool = False
    """It reads what people answer."""
    parallel: int = 1
    """Calls that may be under way at once."""
    looks_up: bool = False
    """The provider can be asked whether it took a message of ours (:class:`fieldfare.act.delivery.ports.LooksUp`)."""
    together: bool = False
    """It takes a whole wave in one transaction (:class:`fieldfare.act.delivery.ports.SendsTogether`)."""
    keeps_ids: bool = False
    """The provider drops a message whose id it took before, so after an unknown outcome it may be told again."""


class DkimSpec(msgspec.Struct, frozen=True, kw_only=True):
    """How outgoing mail is signed. ``key`` is a ``${ENV}`` reference until assembly resolves it."""

    domain: str
    selector: str
    key: str


class LimitSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A rate limit as configured."""

    most: int
    per_us: int
    counts_segments: bool = False
    budget: str | None = None
    each_location: bool = False
    is_divided: bool = False


class ChannelSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One channel as configured. ``password``, keys and secrets are ``${ENV}`` references until assembly resolves them.

    Which fields count depends on the driver; ``parse_channels`` sets no others.
    """

    name: str
    driver: str
    address: str
    host: str = ""
    port: int = 0
    security: str = "starttls"
    username: str | None = None
    password: str | None = None
    from_email: str | None = None
    from_name: str | None = None
    reply_to: str | None = None
    url: str = ""
    secret: str | None = None
    receipt_secret: str | None = None
    timeout_us: int = 10 * SECOND
    dkim: DkimSpec | None = None
    return_path: str | None = None
    """Mailbox that bounces go to; each message has a signed address of its own in it."""
    account_sid: str = ""
    auth_token: str | None = None
    messaging_service: str | None = None
    from_number: str | None = None
    webhook_secret: str | None = None
    max_segments: int = 3
    help: str | None = None
    """What answers HELP; ``None``: the brand's name and how to leave."""
    api_key: str | None = None
    verification_key: str | None = None
    stands_for: str | None = None
    """Driver that the capture channel stands in for, in simulations: messages are made as for that one."""
    receipts_url: str = ""
    """Address of the channel's receipts as the provider knows it; assembly sets it from the public address."""
    is_shadow: bool = False
    """Whether a receipt whose proof does not fit is logged and taken."""
    list: str | None = None
    assignee: str | None = None
    due_us: int | None = None
    provider: str = ""
    """Who is called; empty: the channel is a provider of its own."""
    parallel: int = 8
    """Most calls at once; smtp: also the sessions that are kept open."""
    limits: tuple[LimitSpec, ...] = ()
    price_millionths: int | None = None
    """Of a message, or a segment, in millionths of the currency's unit."""
    is_idempotent: bool = False
    lookup_url: str | None = None


class Address(msgspec.Struct, frozen=True):
    """Where a profile is reached: in clear (memory only) and as the keyed hash that is stored."""

    clear: str
    hash: bytes
    is_own: bool = False
    """It is the profile itself, on a list of ours, so nobody has to verify whose it is."""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """What rendering needs of one profile. ``revision`` changes whenever traits or addresses do."""

    address: Address | None
    traits: dict[str, Any]
    revision: int = 0
    location: str | None = None
    """Home location."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What the gate needs of one profile, read inside the deciding transaction."""

    revision: int
    zone: str
    zone_source: str
    phases: frozenset[str]
    on_hold: bool
    match_confidence: int
    external_id_hash: bytes | None = None
    location: str | None = None
    """Home location."""
    verified: frozenset[bytes] = frozenset()
    """Hashes of the addresses that a sender has verified."""


class ConsentQuestion(msgspec.Struct, frozen=True):
    """Asks which consent is in force."""

    profile_id: int
    address_hash: bytes | None
    purpose: str
    channel: str


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One try to hand a message over."""

    id: str
    """``<proposal id>.<number>``."""
    proposal_id: str
    profile_id: int
    channel: str
    template: str
    purpose: str
    journey: str
    address_hash: bytes
    granted_at: Instant
    call_started_at: Instant | None = None
    ended_at: Instant | None = None
    outcome: str = HANDING_OVER
    provider_id: str | None = None
    counts_toward_caps: bool = True
    tags: tuple[str, ...] = ()
    """Of the template, as they were."""
    location: str | None = None
    """Home location of the person, as it was."""
    is_exempt: bool = False
    """It obeyed no caps; it fills those that name its purpose."""
    broadcast: str | None = None
    units: int = 1
    """What it takes of a rate limit that counts segments."""
    detail: str | None = None
    """What the outcome was told by, see :class:`Outcome`."""
    looked_up: int = 0
    look_up_at: Instant | None = None
    """When the provider is asked whether it took the message, while that is not known."""


class Counted(msgspec.Struct, frozen=True):
    """An earlier hand-over that counts toward caps."""

    address_hash: bytes
    profile_id: int
    sent: Sent


class Tally(msgspec.Struct, frozen=True):
    """How many attempts a proposal has had, and how those since its last replay ended that may be tried again."""

    made: int = 0
    failed: int = 0
    unknown: int = 0


class ProposalChange(msgspec.Struct, frozen=True):
    """The new status of a proposal; ``due_at`` moves only when it is due again."""

    proposal_id: str
    status: str
    """due, permitted, refused, expired, sent, rejected, failed, unknown; of a broadcast also held and cancelled."""
    due_at: Instant | None = None


class DeliveryReport(msgspec.Struct, kw_only=True):
    """What one run did, counted. ``due`` equals the sum of ``stale``, ``permitted``, ``refused`` and ``deferred``."""

    due: int = 0
    stale: int = 0
    """Changed between reading and deciding; still due."""
    permitted: int = 0
    refused: int = 0
    deferred: int = 0
    stopped: int = 0
    """Permitted, then held back at call start."""
    handed_over: int = 0
    rejected: int = 0
    failed: int = 0
    unknown: int = 0
    recovered: int = 0
    """Attempts that an earlier process left open."""
    looked_up: int = 0
    """Providers asked whether they took a message."""

    def add(self, kind: OutcomeKind) -> None:
        """Count an outcome."""
        setattr(self, kind.value, getattr(self, kind.value) + 1)
