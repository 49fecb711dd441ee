"""Finds the cuts of a number over all profiles: where its fifths end, by nearest rank. Pure."""

from collections.abc import Iterable

from fieldfare.know.computed.model import Cuts

_FIFTHS = 5


def cuts_of(numbers: Iterable[float]) -> Cuts | None:
    """Return the numbers at one to four fifths, ``None`` when there are none; each is one of the numbers themselves."""
    ranked = sorted(numbers)
    if not ranked:
        return None
    one, two, three, four = (ranked[-(-len(ranked) * part // _FIFTHS) - 1] for part in range(1, _FIFTHS))
    return one, two, three, four
