"""What waits for the lake loader is bounded in events and in bytes, and goes once the lake has it."""

from hypothesis import given
from hypothesis import strategies as st

from fieldfare.collect.model import DeadLetter, DeadReason, Place
from fieldfare.flow.handed import HandedOver, Items

LETTER = DeadLetter(
    place=Place(1, 1, 0),
    reason=DeadReason.MALFORMED,
    detail="",
    source="app",
    name=None,
    received_at=0,
    raw=b"",
)


def items(count: int) -> Items:
    return [LETTER] * count


def test_what_was_handed_over_is_taken_once() -> None:
    handed = HandedOver()
    handed.add(1, 7, items(2), 100)
    assert handed.waiting == (1, 2, 100)
    assert handed.take(1, 7) == items(2)
    assert handed.take(1, 7) is None
    assert handed.waiting == (0, 0, 0)


def test_few_large_records_are_as_bounded_as_many_small_ones() -> None:
    handed = HandedOver(most_events=10, most_bytes=1_000)
    for offset in (1, 2, 3):
        handed.add(1, offset, items(1), 400)
    assert (handed.take(1, 1), handed.waiting) == (None, (2, 2, 800))
    handed.add(1, 4, items(9), 1)
    assert (handed.take(1, 2), handed.waiting) == (None, (2, 10, 401))
    handed.add(1, 5, items(1), 1_001)
    assert handed.waiting == (0, 0, 0), "what is too large by itself is read from the log"


def test_what_the_lake_has_does_not_wait() -> None:
    handed = HandedOver()
    for partition in (0, 1):
        for offset in (1, 2, 3):
            handed.add(partition, offset, items(1), 10)
    handed.loaded(1, 2)
    assert handed.waiting == (4, 4, 40)
    assert [handed.take(1, offset) is None for offset in (1, 2, 3)] == [True, True, False]


@given(
    st.lists(
        st.tuples(st.sampled_from(["add", "take", "loaded"]), st.integers(0, 1), st.integers(1, 6), st.integers(0, 90))
    )
)
def test_its_counts_are_those_of_what_waits(steps: list[tuple[str, int, int, int]]) -> None:
    handed = HandedOver(most_events=8, most_bytes=200)
    sizes: dict[tuple[int, int], int] = {}
    for step, partition, offset, size in steps:
        if step == "add":
            handed.add(partition, offset, items(size % 5), size)
            sizes[partition, offset] = size
        elif step == "take":
            handed.take(partition, offset)
        else:
            handed.loaded(partition, offset)
        assert handed.waiting[1] <= 8
        assert handed.waiting[2] <= 200
    waiting = handed.waiting
    left = {place: found for place in sizes if (found := handed.take(*place)) is not None}
    assert waiting == (len(left), sum(map(len, left.values())), sum(sizes[place] for place in left))
    assert handed.waiting == (0, 0, 0)
