"""What the gate asks of the delivery engine: providers that are left alone, and how many people a broadcast means."""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection

from fieldfare.act.broadcasts import store as broadcast_store
from fieldfare.act.broadcasts.propose import journey_of
from fieldfare.act.delivery.admit import Route
from fieldfare.act.delivery.breaker import waits_until
from fieldfare.act.delivery.provider_store import SqlProviders
from fieldfare.ground.instants import Instant


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
