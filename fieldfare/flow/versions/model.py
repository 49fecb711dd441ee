"""Nouns of versions: what differs between two workspaces, what that risks, a stored version and its steps."""

from enum import StrEnum

import msgspec

from fieldfare.ground.instants import Instant

Files = dict[str, bytes]
"""The files of a workspace: contents by path."""
Digests = dict[str, str]
"""The files of a workspace: digests of contents by path."""


class How(StrEnum):
    """In which way something differs."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    REWORDED = "reworded"
    """Only comments or layout of the file."""


class Concern(StrEnum):
    """Why a change waits for an approval. Stable; documented in docs/explain/versions.md."""

    SENSITIVE_FIELD = "sensitive_field"
    NEW_PURPOSE = "new_purpose"
    LARGE_AUDIENCE = "large_audience"
    IRREVERSIBLE = "irreversible"
    INCENTIVE = "incentive"
    SENDS = "sends"
    CONSENT_LOOSENED = "consent_loosened"
    IDENTITY_RULES = "identity_rules"
    APPROVAL_RULES = "approval_rules"


class Warned(StrEnum):
    """What a plan warns of; nothing waits because of it."""

    TOO_MANY_AUDIENCES = "too_many_audiences"
    TOO_SMALL = "too_small"
    UNUSED = "unused"
    QUERY_FAILED = "query_failed"


class Risk(msgspec.Struct, frozen=True):
    """One reason for an approval: which, of what, in a sentence."""

    concern: Concern
    thing: str
    what: str


class Notice(msgspec.Struct, frozen=True):
    """Something to look at: which, of what, in a sentence."""

    warned: Warned
    thing: str
    what: str


class FileChange(msgspec.Struct, frozen=True):
    """One file that differs."""

    file: str
    how: How


class Change(msgspec.Struct, frozen=True):
    """One thing that differs: its section, its name as ``--only`` takes it, how, and what of it in sentences."""

    section: str
    thing: str
    how: How
    what: tuple[str, ...] = ()


class Dependents(msgspec.Struct, frozen=True):
    """What depends on an audience, by name, sorted."""

    audiences: tuple[str, ...] = ()
    journeys: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()

    @property
    def is_used(self) -> bool:
        """Return whether anything does."""
        return bool(self.audiences or self.journeys or self.stages)


class Needs(StrEnum):
    """What must be done after a version was applied before it holds."""

    NOTHING = "nothing"
    EDITION = "edition"
    """Profiles are brought to it, beside a running server."""
    REFOLD = "refold"
    """Every profile is folded anew, without a server."""


class Status(StrEnum):
    """How a version stands: its last step."""

    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"
    APPLIED = "applied"


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a version: who took it to this status, when and why."""

    status: Status
    by: str
    reason: str
    at: Instant


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One stored version of the workspace; it never changes, its steps are added."""

    number: int
    base: int | None
    """The applied version that it was made from; ``None``: the first."""
    content: str
    """Digest of all files."""
    files: Digests
    changes: tuple[Change, ...]
    """Against its base."""
    risks: tuple[Risk, ...]
    audiences: tuple[str, ...]
    """Audiences whose meaning it changes."""
    triggers: bool
    """Whether whoever joins them by the change enters journeys."""
    restores: int | None
    """The version that it goes back to."""
    steps: tuple[Step, ...] = ()

    @property
    def status(self) -> Status:
        """Return how it stands."""
        return self.steps[-1].status

    @property
    def proposed(self) -> Step:
        """Return who made it, when and why."""
        return self.steps[0]
