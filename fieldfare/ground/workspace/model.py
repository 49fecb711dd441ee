"""Nouns shared by everything that is written in a workspace: problems, durations, shares.

A problem points at a path inside one file; the loader turns the path into ``file:line key``. Parsing of texts such as
``30 days`` and ``15 %`` is pure and lives here because audiences, journeys and policies all use them.
"""

import re
from collections.abc import Callable
from enum import StrEnum
from typing import Any

import msgspec

from fieldfare.ground.instants import DAY, HOUR, MINUTE, SECOND

Path = tuple[str | int, ...]

OWN_SOURCE = "fieldfare"
"""Source of the events that Fieldfare itself appends; it alone may name a profile by its id (``context.fieldfare``)."""


class Problem(msgspec.Struct, frozen=True):
    """One thing wrong in a file: where, what, why it is wrong, what to do."""

    path: Path
    what: str
    why: str
    fix: str


class Severity(StrEnum):
    """Whether a problem stops the workspace from being used."""

    ERROR = "error"
    WARNING = "warning"


class LocatedProblem(msgspec.Struct, frozen=True):
    """A problem with its place: file relative to the workspace, line counted from 1, dotted key (empty: the file)."""

    file: str
    line: int
    key: str
    what: str
    why: str
    fix: str
    severity: Severity = Severity.ERROR

    @property
    def is_error(self) -> bool:
        """Return whether the workspace cannot be used with it."""
        return self.severity is Severity.ERROR

    def __str__(self) -> str:
        """Return ``file:line key: what why fix`` on one line."""
        place = f"{self.file}:{self.line}"
        text = " ".join(_sentence(part) for part in (self.what, self.why, self.fix) if part.strip())
        return f"{place} {self.key}: {text}" if self.key else f"{place}: {text}"


class Kind(msgspec.Struct, frozen=True):
    """One kind of file in a workspace: where it lies, its struct, and the pure function that compiles it.

    ``parse`` takes the struct and returns ``(noun or None, problems)``. ``pattern`` is a path with at most one ``*``.
    """

    name: str
    pattern: str
    struct: type[msgspec.Struct]
    parse: Callable[..., tuple[Any, list[Problem]]]
    required: bool = False
    read: Callable[[str, bytes], Any] | None = None
    """Turns the name and bytes of a file that is no YAML into a :class:`~fieldfare.ground.workspace.read.Read`."""
    secret_keys: frozenset[str] = frozenset()
    """Keys that must hold a secret reference wherever they occur in the file, marked as :data:`Secret` or not."""

    @property
    def many(self) -> bool:
        """Whether a workspace may have several files of this kind."""
        return "*" in self.pattern


class Brand(msgspec.Struct, frozen=True):
    """Who writes to the customers."""

    name: str
    postal_address: str | None = None
    from_email: str | None = None
    from_name: str | None = None


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """How a source's webhook is verified and read.

    ``secrets`` are ``${ENV_NAME}`` references until assembly resolves them.
    """

    driver: str
    secrets: tuple[str, ...]
    mapping: str
    is_shadow: bool = False
    """Whether a failed verification is only counted."""
    tolerance_us: int = 5 * MINUTE
    url: str | None = None
    """Address that the sender signs along with the body."""
    keep_unmapped: bool = False
    header: str | None = None
    query: str | None = None
    algorithm: str = "sha256"
    encoding: str = "hex"
    prefix: str = ""
    signed: str = "{body}"
    timestamp_header: str | None = None
    id_header: str | None = None
    key_encoding: str = "text"


class Source(msgspec.Struct, frozen=True):
    """Where events come from: SDKs with a write key, a system with a webhook, or both.

    ``write_key`` is a ``${ENV_NAME}`` reference until assembly resolves it.
    """

    name: str
    write_key: str | None
    system: str
    """System of record that values from here are attributed to; the name when nothing else is said."""
    verifies: tuple[str, ...] = ()
    """Kinds of identifier (``email``) and traits whose values this source has verified."""
    infers: bool = False
    """Whether the traits that it sends are inferred."""
    confidence: int | None = None
    """Percent, for the traits that it sends; ``None``: as is usual for how they are known."""
    keep_raw_days: int | None = None
    """How long its raw records stay readable, when it says so itself."""
    owner: str | None = None
    description: str = ""
    max_delay_s: int | None = None
    """How late its events may arrive, in seconds."""
    enabled: bool = True
    """Whether the door takes its calls."""
    webhook: Webhook | None = None


class AudienceRules(msgspec.Struct, frozen=True, kw_only=True):
    """What a workspace demands of its audiences, and when it is told of one that goes astray."""

    required: frozenset[str] = frozenset()
    """Keys that every audience must say."""
    most: int = 20
    """Audiences above which a plan warns."""
    useful_size: int = 100
    """Members below which an audience says little."""
    unused_days: int = 30
    drift: float = 0.5
    """Share of an audience's size by which it may move in a day."""


class CutRefresh(msgspec.Struct, frozen=True):
    """How often published cuts are found anew."""

    refresh: str = "nightly"
    """hourly, nightly, weekly (on Mondays), or never: only when somebody says so."""
    at: int = 180
    """Minute of the workspace's day."""


class LinkSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How links in messages lead over the workspace's own domain."""

    domain: str
    """Without a slash at its end."""
    clicks: bool = True
    opens: bool = False


class LakePlace(msgspec.Struct, frozen=True):
    """A lake on Spark: the cluster's URL, the folder of its files, settings of the session."""

    master: str
    folder: str
    settings: dict[str, str] = {}


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What ``workspace.yaml`` says."""

    name: str
    time_zone: str
    currency: str
    public_url: str | None
    brand: Brand
    sources: tuple[Source, ...]
    audiences: AudienceRules = AudienceRules()
    cuts: CutRefresh = CutRefresh()
    links: LinkSettings | None = None
    approvers: tuple[str, ...] = ()
    """Who may approve changes that carry a risk."""
    test_recipients: tuple[str, ...] = ()
    """E-mail addresses and telephone numbers of our own people, to which test messages may go."""
    large_audience: int = 10_000
    """A changed audience with more profiles than this waits for an approval."""
    lake: LakePlace | None = None
    """Where the lake on Spark is; none: it is DuckDB's, in the data folder."""


class Duration(msgspec.Struct, frozen=True):
    """An amount of one unit. Days and weeks are calendar days where a window is meant; ``us`` is the plain length."""

    amount: int
    unit: str

    @property
    def us(self) -> int:
        """Length in microseconds, a day counted as 24 hours."""
        return self.amount * _UNITS[self.unit]

    @property
    def days(self) -> int | None:
        """Number of calendar days, or ``None`` when the unit is shorter than a day."""
        return self.amount * (7 if self.unit == "week" else 1) if self.unit in {"day", "week"} else None


_UNITS = {"second": SECOND, "minute": MINUTE, "hour": HOUR, "day": DAY, "week": 7 * DAY}
_DURATION = re.compile(r"^\s*(\d{1,6})\s*(second|minute|hour|day|week)s?\s*$")
_SHARE = re.compile(r"^\s*(\d{1,3}(?:\.\d+)?)\s*%\s*$")


def _sentence(text: str) -> str:
    tidy = " ".join(text.split())
    tidy = tidy[0].upper() + tidy[1:]
    return tidy if tidy[-1] in ".!?" else f"{tidy}."


def parse_duration(text: object) -> Duration | str:
    """Return the duration, or a sentence that says how to write it."""
    match = _DURATION.match(text) if isinstance(text, str) else None
    if match:
        return Duration(int(match[1]), match[2])
    bare = str(text).strip()
    example = f"{bare} days" if bare.isdigit() else "30 days"
    return f"Write a whole number and a unit (seconds, minutes, hours, days, weeks), for example `{example}`."


def parse_share(text: object) -> float | str:
    """Return the share as a fraction in [0, 1] (``15 %`` is 0.15), or a sentence that says how to write it."""
    match = _SHARE.match(text) if isinstance(text, str) else None
    if match and float(match[1]) <= 100:  # noqa: PLR2004 - percent
        return float(match[1]) / 100
    return "Write a percentage from 0 to 100 with its sign, for example `15 %`."
