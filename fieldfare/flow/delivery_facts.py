"""What others ask of delivery and of people's homes: providers left alone, sizes of broadcasts, who lives where."""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection

from fieldfare.act.broadcasts.propose import journey_of
from fieldfare.act.delivery.admit import Route
from fieldfare.act.delivery.breaker import waits_until
from fieldfare.act.delivery.provider_store import SqlProviders
from fieldfare.flow import broadcast_store
from fieldfare.flow.glance import glance_at
from fieldfare.ground.instants import Instant
from fieldfare.know.identity import store as identity_store
from fieldfare.know.profiles import store as profile_store


class SqlBreakers:
    """``Breakers`` over what delivery stores of providers."""

    def __init__(self, routes: Mapping[str, Route]) -> None:
        """``routes``: the provider of each channel."""
        self._routes = routes

    def open_until(self, tx: Connection, channels: Collection[str], now: Instant) -> dict[str, Instant]:
        """Return until when channels are not called."""
        providers = {name: self._routes[name].provider for name in channels if name in self._routes}
        breakers = SqlProviders().breakers(tx, set(providers.values()), lock=False)
        found = {name: waits_until(breakers[provider], now) for name, provider in providers.items()}
        return {name: until for name, until in found.items() if until is not None}


class SqlSizes:
    """``Sizes``: of broadcasts, the number of their recipients."""

    def of(self, tx: Connection, automations: Collection[str]) -> dict[str, int]:
        """Return the size of each broadcast that was started; of several editions the largest."""
        found: dict[str, int] = {}
        for run in broadcast_store.all_runs(tx):
            name = journey_of(run.broadcast)
            if name in automations:
                found[name] = max(found.get(name, 0), run.recipients)
        return found


def homes_of(connection: Connection, profile_ids: Collection[int]) -> dict[int, str | None]:
    """Return the home location of each profile, of merged ones that of whom they are now."""
    standing = identity_store.standing_ids(connection, set(profile_ids))
    rows = profile_store.load(connection, set(standing.values()))
    homes = {profile_id: glance_at(profile_id, body).home_location for profile_id, body, _ in rows}
    return {profile_id: homes.get(standing[profile_id]) for profile_id in profile_ids}
