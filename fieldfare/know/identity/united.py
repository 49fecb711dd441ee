"""Since when the ids of one person are one: from redirects to the instant at which each joined. Pure."""

from collections.abc import Mapping

from fieldfare.ground.instants import Instant


def united_since(redirects: Mapping[int, tuple[int, Instant]]) -> dict[int, Instant]:
    """Return, for each id that leads elsewhere, since when it is one with the id at the end of its way.

    ``redirects``: id -> where it leads, and since when. On a way over several ids the latest instant counts.
    """
    found: dict[int, Instant] = {}
    for gone in redirects:
        at, here, seen = 0, gone, {gone}
        while here in redirects:
            here, since = redirects[here]
            at = max(at, since)
            if here in seen:
                break
            seen.add(here)
        found[gone] = at
    return found
