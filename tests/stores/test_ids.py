"""Ids that are made: the same for the same parts, and, where it is asked for, in the order of a place."""

from hypothesis import given
from hypothesis import strategies as st

from fieldfare.ground.ids import derived_id, ordered_id

PLACES = st.integers(min_value=0, max_value=2**37)


@given(st.text(), st.sets(PLACES, min_size=2, max_size=40))
def test_ordered_ids_are_distinct_and_in_order_64_in_a_row(part: str, places: set[int]) -> None:
    ids = {place: ordered_id("prp", place, part) for place in places}
    assert len(set(ids.values())) == len(places)
    by_id = sorted(places, key=lambda place: ids[place])
    assert [place >> 6 for place in by_id] == sorted(place >> 6 for place in places)


@given(st.text(), st.text(), PLACES)
def test_ordered_ids_depend_on_all_parts_and_look_like_derived_ones(one: str, other: str, place: int) -> None:
    told = ordered_id("prp", place, one)
    assert (told == ordered_id("prp", place, other)) is (one == other)
    assert len(told) == len(derived_id("prp", one))
    assert told == ordered_id("prp", place, one)
