"""Access of an installation: who signs in, and who manages that. Joins; has no rule."""

from fieldfare.assembly.stores import Stores
from fieldfare.ground.clock import Clock, SystemClock
from fieldfare.trust.access.administer import Administration
from fieldfare.trust.access.passwords import Passwords
from fieldfare.trust.access.provider import Provider
from fieldfare.trust.access.run import Access


def open_access(
    stores: Stores, clock: Clock | None = None, passwords: Passwords | None = None
) -> tuple[Access, Administration]:
    """Return both sides of access. The clock is the machine's also in a shifted world: authenticator apps go by it."""
    found = clock if clock is not None else SystemClock()
    return Access(stores.state, stores.keys, found, passwords), Administration(stores.state, found)


def open_provider(stores: Stores) -> Provider:
    """Return what signs people in through the provider that the policy names."""
    return Provider(stores.state, stores.keys, SystemClock())
