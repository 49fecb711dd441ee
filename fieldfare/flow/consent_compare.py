"""Compares what is in force here with the export of a consent platform, and disputes what is granted here alone.

Flow: read the rows, find whose they are, ask the ledger for each; then, in one transaction, keep the counts by purpose
and channel in place of the comparison before, and the disputes. From that commit on the gate holds what needs a
disputed grant: for the person, and where the platform disagrees about too many for everybody. A dispute about a person
ends when a later comparison agrees or a person resolves it; one about everybody only by a person. Nothing of consent is
changed: who is granted here and not there is mended by importing the export. A crash before the commit leaves all as it
was.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection

from fieldfare.decide.journeys.definition import Journey, Send
from fieldfare.flow.look import Look
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import Instant, to_iso
from fieldfare.ground.store import State
from fieldfare.know.identity import store as identity_store
from fieldfare.know.identity.redirect_store import redirects_among
from fieldfare.know.identity.united import united_since
from fieldfare.trust.consent import store as consent_store
from fieldfare.trust.consent.comparison_store import comparisons, keep_comparisons
from fieldfare.trust.consent.dispute_store import (
    EVERYBODY,
    Key,
    close_agreed,
    open_disputes,
    resolve,
    standing_disputes,
)
from fieldfare.trust.consent.in_force import in_force, speaking
from fieldfare.trust.consent.model import EVERY, ConsentPolicy, InForce, Platform

MOST_ROWS = 100_000
MOST_TEXT = 500
_PERMILLE = 1_000
_ONLY_HERE = "granted_here"


class PlatformRow(msgspec.Struct, frozen=True):
    """What a platform says of one person: ``kind:value``, its purpose (or ours), a channel, whether it is granted."""

    subject: str
    purpose: str
    channel: str
    granted: bool


class Comparing(msgspec.Struct, frozen=True, kw_only=True):
    """Compares exports with the ledger."""

    state: State
    look: Look
    policy: ConsentPolicy
    clock: Clock

    def run(self, platform: str, rows: Sequence[PlatformRow]) -> dict[str, Any]:
        """Compare; keep and return the counts.

        Raises ``CallerError``: ``comparison_too_large``, ``consent_platform_unknown``, ``consent_purpose_unknown``,
        ``consent_channel_unknown``.
        """
        if len(rows) > MOST_ROWS:
            text = f"{len(rows)} rows are compared at once, the limit is {MOST_ROWS}. Compare fewer at a time."
            raise CallerError("comparison_too_large", text, field="rows", status=413)
        declared = self._declared(platform)
        pairs = [(row, ours) for row in rows for ours in self._ours(declared, platform, row.purpose)]
        now, counts = self.clock.now(), Counter[tuple[str, str, str]]()
        said: dict[tuple[Key, bytes], tuple[str, int]] = {}
        with self.state.read() as connection:
            for row, purpose in pairs:
                key = purpose, self._channel(platform, row.channel, purpose)
                verdict, who = self._verdict(connection, row, key, now)
                counts[*key, verdict] += 1
                if who is not None and said.get((key, who[0]), ("", 0))[0] != _ONLY_HERE:  # one denial is enough
                    said[key, who[0]] = verdict, who[1]
        found = [_row(platform, purpose, channel, now, counts, self.policy) for purpose, channel in _keys(counts)]
        with self.state.write() as connection:
            keep_comparisons(connection, found)
            close_agreed(connection, platform, [each for each, told in said.items() if told[0] == "alike"], now)
            open_disputes(connection, _disputes(platform, said, found, now))
        return {"platform": platform, "at": to_iso(now), "compared": [_shown(each) for each in found]}

    def disputes(self) -> list[dict[str, Any]]:
        """Return what is disputed and not resolved."""
        with self.state.read() as connection:
            return shown_disputes(connection)

    def resolve(self, platform: str, purpose: str, channel: str, *, actor: str, reason: str) -> dict[str, Any]:
        """Let what stands here hold again: a person has found out who is right.

        Raises ``CallerError``: ``act_unsigned``, ``dispute_unknown``.
        """
        for field, value in (("actor", actor), ("reason", reason)):
            if not value.strip() or len(value) > MOST_TEXT:
                text = f"`{field}` has {len(value)} characters. Say who does it and why, in 1 to {MOST_TEXT}."
                raise CallerError("act_unsigned", text, field=field)
        with self.state.write() as connection:
            count = resolve(connection, platform, (purpose, channel), actor, reason, self.clock.now())
        if not count:
            text = (
                f"Nothing is disputed with `{platform[:80]}` about `{purpose[:80]}` by `{channel[:80]}`. "
                "`fieldfare consent disputes` lists what is."
            )
            raise CallerError("dispute_unknown", text, status=404, field="platform")
        return {"platform": platform, "purpose": purpose, "channel": channel, "resolved": count}

    def _verdict(
        self, connection: Connection, row: PlatformRow, key: Key, now: Instant
    ) -> tuple[str, tuple[bytes, int] | None]:
        """Return how the platform and the ledger agree, and about whom: identifier and profile."""
        purpose, channel = key
        hashed = self.look.hash_of(row.subject)
        owner = identity_store.owners(connection, [hashed]).get(hashed) if hashed is not None else None
        if owner is None or hashed is None:
            return "unknown", None
        family = identity_store.families(connection, [owner.profile_id])[owner.profile_id]
        heard = speaking(consent_store.load_records(connection, family, [hashed]), family, hashed)
        united = united_since(redirects_among(connection, family))
        here = in_force(heard, purpose, channel, now, self.policy, (), united) is InForce.GRANTED
        who = hashed, owner.profile_id
        if here == row.granted:
            return "alike", who
        return (_ONLY_HERE if here else "granted_there"), who

    def _declared(self, platform: str) -> Platform:
        declared = self.policy.platforms.get(platform)
        if declared is None:
            known = ", ".join(sorted(self.policy.platforms)) or "none"
            text = f"consent.yaml has no platform `{platform[:80]}`; it has: {known}. Declare it under `platforms`."
            raise CallerError("consent_platform_unknown", text, field="platform")
        return declared

    def _ours(self, declared: Platform, platform: str, purpose: str) -> tuple[str, ...]:
        if purpose in declared.purposes:
            return declared.purposes[purpose]
        if purpose in self.policy.purposes:
            return (purpose,)
        text = (
            f"The export names a purpose `{purpose[:80]}` that neither the platform `{platform}` nor `purposes` of "
            "consent.yaml has. Map it under `platforms`."
        )
        raise CallerError("consent_purpose_unknown", text, field="purpose")

    def _channel(self, platform: str, channel: str, purpose: str) -> str:
        ours = self.policy.platforms[platform].channels.get(channel, channel)
        listed = self.policy.purposes[purpose].channels if purpose in self.policy.purposes else ()
        if listed and ours not in (*listed, EVERY):
            text = (
                f"The export names a channel `{channel[:80]}`, and `{purpose}` is asked for on {', '.join(listed)}. "
                f"Map it under `platforms` of consent.yaml, for `{platform}`."
            )
            raise CallerError("consent_channel_unknown", text, field="channel")
        return ours


def flagged_journeys(connection: Connection, journeys: Mapping[str, Journey]) -> list[dict[str, Any]]:
    """Return which journeys send for a purpose and channel on which a platform disagrees too much."""
    sends = {
        (name, step.purpose, channel)
        for name, journey in journeys.items()
        for step in journey.steps.values()
        if isinstance(step, Send)
        for channel in step.by_channel
    }
    flagged = {(row["purpose"], row["channel"]): row for row in comparisons(connection) if row["is_flagged"]}
    return [
        {"journey": journey, "purpose": purpose, "channel": channel, "platform": flagged[purpose, channel]["platform"]}
        for journey, purpose, channel in sorted(sends)
        if (purpose, channel) in flagged
    ]


def shown_disputes(connection: Connection) -> list[dict[str, Any]]:
    """Return what is disputed as JSON values."""
    return [{**row, "since_at": to_iso(row["since_at"])} for row in standing_disputes(connection)]


def _disputes(
    platform: str, said: Mapping[tuple[Key, bytes], tuple[str, int]], found: Sequence[dict[str, Any]], now: Instant
) -> list[dict[str, Any]]:
    """Return the disputes that follow: about everybody who is granted here alone, and where too many are about all."""
    told: list[tuple[Key, bytes, int | None]] = [
        (key, subject, profile_id) for (key, subject), (verdict, profile_id) in said.items() if verdict == _ONLY_HERE
    ]
    told += [((row["purpose"], row["channel"]), EVERYBODY, None) for row in found if row["is_flagged"]]
    return [
        {
            "platform": platform,
            "purpose": key[0],
            "channel": key[1],
            "subject": subject,
            "profile_id": profile_id,
            "at": now,
        }
        for key, subject, profile_id in told
    ]


def _keys(counts: Counter[tuple[str, str, str]]) -> list[tuple[str, str]]:
    return sorted({(purpose, channel) for purpose, channel, _ in counts})


def _row(
    platform: str,
    purpose: str,
    channel: str,
    now: Instant,
    counts: Counter[tuple[str, str, str]],
    policy: ConsentPolicy,
) -> dict[str, Any]:
    of = {name: counts[purpose, channel, name] for name in ("alike", "granted_here", "granted_there", "unknown")}
    compared = sum(of.values()) - of["unknown"]
    wrong = of["granted_here"] + of["granted_there"]
    return {
        "platform": platform,
        "purpose": purpose,
        "channel": channel,
        "at": now,
        "compared": compared,
        "granted_here": of["granted_here"],
        "granted_there": of["granted_there"],
        "unknown": of["unknown"],
        "is_flagged": wrong * _PERMILLE > compared * policy.mismatch_permille,
    }


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in {"platform", "at"}}
