"""When a failed attempt is tried again. Pure; every further attempt is judged anew by the gate."""

from fieldfare.ground.ids import fraction
from fieldfare.ground.instants import HOUR, MINUTE, Instant

MOST_ATTEMPTS = 6
"""Failed attempts after which a proposal is given up."""
FIRST_WAIT = MINUTE
LONGEST_WAIT = 6 * HOUR
_FACTOR = 4


def retry_at(proposal_id: str, failed: int, now: Instant, retry_after_us: int | None = None) -> Instant | None:
    """Return when to try again after ``failed`` failures (1 or more), or ``None`` to give up.

    ``retry_after_us``: how long the provider asked to be left alone; it is never called sooner.

    Waits are 1, 4, 16 … minutes, at most 6 hours, stretched by up to a fifth that depends on the proposal, so that a
    broken server's messages do not come back all at once and a simulated run makes the same times.
    """
    assert failed >= 1, failed
    if failed >= MOST_ATTEMPTS:
        return None
    wait: Instant = min(FIRST_WAIT * _FACTOR ** (failed - 1), LONGEST_WAIT)
    wait = max(wait, retry_after_us or 0)
    return now + wait + int(wait * 0.2 * fraction("retry", proposal_id, failed))
