"""What a plan warns of in the number, the sizes and the use of audiences; nothing waits because of it. Pure.

Teams act on a handful of audiences; one that is too small to measure, or that nothing uses, costs attention only.
"""

from collections.abc import Iterable, Mapping

from fieldfare.flow.versions.model import Dependents, Notice, Warned
from fieldfare.flow.versions.moves import Moves

MOST_AUDIENCES = 10
SMALLEST = 100
"""Profiles below which no difference can be read out of an audience."""


def warnings_of(
    audiences: Iterable[str], moved: Iterable[Moves], dependents: Mapping[str, Dependents], *, grew: bool
) -> tuple[Notice, ...]:
    """Return what to look at; ``audiences`` are all that there would be, ``grew``: more than before."""
    names = list(audiences)
    found = []
    if grew and len(names) > MOST_AUDIENCES:
        text = f"there would be {len(names)} audiences; teams act on {MOST_AUDIENCES} or fewer. Remove what nobody uses"
        found.append(Notice(Warned.TOO_MANY_AUDIENCES, "audiences", text))
    for each in moved:
        thing = f"audiences/{each.audience}"
        if each.audience not in names:
            continue
        if each.size_after < SMALLEST:
            text = f"{each.size_after:,} profiles are too few to measure anything; {SMALLEST} are the least to think of"
            found.append(Notice(Warned.TOO_SMALL, thing, text))
        if not dependents[each.audience].is_used:
            text = "no journey, stage or other audience uses it; an audience without use is better archived"
            found.append(Notice(Warned.UNUSED, thing, text))
    return tuple(found)
