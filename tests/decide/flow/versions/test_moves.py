"""Joins and leaves from two sets of members: nobody is lost, places add up."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.flow.versions.moves import EXAMPLES, Homes, moves_of

PEOPLE = st.dictionaries(st.integers(1, 40), st.sampled_from(["north", "south", None]), min_size=1)


@given(PEOPLE, st.sets(st.integers(1, 40)), st.sets(st.integers(1, 40)))
def test_moves(people: dict[int, str | None], before: set[int], after: set[int]) -> None:
    before &= people.keys()
    homes = Homes(np.array(list(people), dtype=np.int64), people.values())
    found = moves_of("a", np.array(list(before), dtype=np.int64), np.array(list(after), dtype=np.int64), homes)
    then = after & people.keys()
    assert (found.size, found.size_after) == (len(before), len(then))
    assert (found.joins, found.leaves) == (len(then - before), len(before - then))
    assert found.examples_joining == tuple(sorted(then - before)[:EXAMPLES])
    assert found.examples_leaving == tuple(sorted(before - then)[:EXAMPLES])
    for place in found.by_location:
        assert place.joins == sum(people[each] == place.location for each in then - before)
        assert place.leaves == sum(people[each] == place.location for each in before - then)
    assert sum(place.joins + place.leaves for place in found.by_location) == found.joins + found.leaves
    assert len(homes) == len(people)


def test_nobody_at_all() -> None:
    none = np.zeros(0, dtype=np.int64)
    found = moves_of("a", none, none, Homes(none, []))
    assert (found.size, found.joins, found.leaves, found.by_location) == (0, 0, 0, ())
