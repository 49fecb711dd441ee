"""How fast somebody may try to sign in. Pure: failures of one account and of one address in, seconds to wait out.

After a few failures the wait doubles with each further one, up to a quarter of an hour; failures older than an hour
count no more. An account's own bound is low, and an address's is higher, for many people share one. A wait ends by
itself, so nobody can lock another person out for good.
"""

from collections.abc import Sequence

from fieldfare.ground.instants import HOUR, SECOND, Instant

REMEMBERED_US = HOUR
FREE_OF_ACCOUNT = 5
FREE_OF_ADDRESS = 20
LONGEST_S = 900
_DOUBLINGS = 16


def wait_s(of_account: Sequence[Instant], of_address: Sequence[Instant], now: Instant) -> int:
    """Return the seconds until the next try is heard; 0: now."""
    return max(_wait(of_account, FREE_OF_ACCOUNT, now), _wait(of_address, FREE_OF_ADDRESS, now))


def _wait(failures: Sequence[Instant], free: int, now: Instant) -> int:
    counted = [at for at in failures if now - at < REMEMBERED_US]
    over = len(counted) - free
    if over < 0:
        return 0
    pause = min(LONGEST_S, 1 << min(over, _DOUBLINGS))
    left = max(counted) + pause * SECOND - now
    return max(0, -(-left // SECOND))
