"""What a person may choose on their own pages, and how it stands: over the ledger, from one snapshot. No rule is here.

People who were merged are asked as one; the link of somebody who was erased still shows what the ledger says, and a no
is still taken.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from fieldfare.act.delivery.page_links import PageClaim
from fieldfare.act.delivery.preferences import Choice
from fieldfare.flow.standing_consent import ScopeOf
from fieldfare.flow.work import decode_document
from fieldfare.ground.clock import Clock
from fieldfare.ground.instants import Instant
from fieldfare.ground.store import State
from fieldfare.know.identity import store as identity_store
from fieldfare.know.identity.redirect_store import redirects_among
from fieldfare.know.identity.united import united_since
from fieldfare.know.profiles import store as profile_store
from fieldfare.trust.consent import store as consent_store
from fieldfare.trust.consent.in_force import Answer, answer, happened_at, speaking
from fieldfare.trust.consent.model import ConsentPolicy, ConsentRecord, Purpose
from fieldfare.trust.consent.notices import notice_of
from fieldfare.trust.consent.pending import waiting


class ConsentPages:
    """Reads what the pages show."""

    def __init__(
        self, state: State, policy: ConsentPolicy, channels: Mapping[str, str], clock: Clock, scope_of: ScopeOf
    ) -> None:
        """``channels``: those of the workspace that reach people, with the kind of address they reach."""
        self._state, self._policy, self._clock, self._scope_of = state, policy, clock, scope_of
        self._channels = channels

    def choices(self, claim: PageClaim, language: str) -> Sequence[Choice]:
        """Return every listed purpose with every channel it may be granted for."""
        now = self._clock.now()
        with self._state.read() as connection:
            family = identity_store.families(connection, [claim.profile_id])[claim.profile_id]
            records = consent_store.load_records(connection, family, [claim.address_hash])
            united = united_since(redirects_among(connection, family))
            scope = self._scope_of(_home(connection, family))
        found = []
        for purpose in self._policy.purposes.values():
            for channel in sorted(purpose.channels or self._channels) if purpose.is_listed else ():
                if channel not in self._channels:
                    continue
                address = self._address(claim, channel)
                heard = speaking(records, family, address)
                told = answer(heard, purpose.name, channel, now, self._policy, scope, united)
                unconfirmed = waiting(records, family, address, channel, now, self._policy)
                is_waiting = any(each.purpose == purpose.name for each in unconfirmed)
                found.append(_choice(purpose, channel, language, told, is_waiting=is_waiting))
        return found

    def _address(self, claim: PageClaim, channel: str) -> bytes | None:
        """Return the address that the link was sent to, for the channels that reach it."""
        return claim.address_hash if self._channels.get(channel) == self._channels.get(claim.channel) else None

    def waiting(self, claim: PageClaim) -> list[ConsentRecord]:
        """Return the grants on the link's channel that wait to be confirmed."""
        with self._state.read() as connection:
            family = identity_store.families(connection, [claim.profile_id])[claim.profile_id]
            records = consent_store.load_records(connection, family, [claim.address_hash])
        now: Instant = self._clock.now()
        return waiting(records, family, claim.address_hash, claim.channel, now, self._policy)


def _choice(purpose: Purpose, channel: str, language: str, told: Answer, *, is_waiting: bool) -> Choice:
    title, description = purpose.words.get(language, ("", ""))
    return Choice(
        purpose=purpose.name,
        channel=channel,
        title=title or purpose.title or purpose.name.replace("_", " ").capitalize(),
        description=description or purpose.description,
        state=told.state,
        since_at=None if told.record is None else happened_at(told.record),
        is_waiting=is_waiting,
        notice=notice_of(purpose, None, language),
    )


def _home(connection: Connection, family: frozenset[int]) -> str | None:
    """Return the home location of a person, ``None`` where there is none, or nobody any more."""
    rows = profile_store.load(connection, family)
    return next((decode_document(profile_id, body).home_location for profile_id, body, _ in rows), None)
