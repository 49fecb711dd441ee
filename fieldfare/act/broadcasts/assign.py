"""Who of a broadcast's list gets which version, and who is kept out. Pure; the list is known, so strata can be exact.

Without strata the coin decides for each person, as everywhere. With strata the coin decides the order inside each
stratum and the shares are exact there. The same list gives the same arms, so that a second run of a listing that
crashed changes nobody.
"""

from collections.abc import Mapping, Sequence

from fieldfare.act.broadcasts.model import Broadcast
from fieldfare.learn.experiments.assign import choose
from fieldfare.learn.experiments.model import Split
from fieldfare.learn.experiments.strata import assign_strata


def arms_of(told: Broadcast, salt: str, people: Sequence[int], strata: Mapping[int, str]) -> dict[int, str]:
    """Return the arm of every recipient, nothing where all get the same; ``strata`` names each one's stratum."""
    if told.experiment is None:
        return {}
    split = Split(name=told.experiment, salt=salt, weights=told.weights)
    if told.strata:
        return assign_strata({each: strata.get(each, "") for each in people}, split)
    return {each: choose(each, split) for each in people}
