"""Whose events are after tears that the lake does not know of yet."""

from itertools import pairwise

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.collect.model import Event, Mode, Place
from fieldfare.flow.torn import ids_before, led_to, moved_by
from fieldfare.know.identity.model import Moved

A, B, C = b"a", b"b", b"c"


def event(lead: bytes | None) -> Event:
    """Return an event whose leading identifier is given."""
    made = msgspec.convert(
        {
            "place": Place(1, 1, 0),
            "mode": Mode.LIVE,
            "source": "app",
            "message_id": "m",
            "type": "track",
            "name": "n",
            "user_id": None,
            "anonymous_id": None,
            "payload": {},
            "context": {},
            "original_at": 0,
            "sent_at": None,
            "received_at": 0,
            "occurred_at": 0,
            "local_day": 0,
        },
        Event,
    )
    made.lead = lead
    return made


def test_an_event_goes_from_tear_to_tear() -> None:
    first = [Moved(1, [A], [1]), Moved(2, [B, C], [1])]
    second = [Moved(2, [B], [2]), Moved(3, [C], [2])]
    past = [(1, event(A)), (1, event(B)), (1, event(C)), (1, event(None)), (9, event(C))]
    assert [now for now, _ in moved_by(past, [first, second])] == [1, 2, 3, 1, 9]
    assert ids_before({3}, [first, second]) == {3, 2, 1}
    assert ids_before({2}, [first]) == {2, 1}
    assert ids_before({1}, [second]) == {1}


@given(st.lists(st.lists(st.integers(1, 4), min_size=3, max_size=3), max_size=5))
def test_whoever_has_it_after_the_tears_is_found_by_the_ids_of_before(tears_of: list[list[int]]) -> None:
    """Each tear gives the three leads to the ids told; all that were somebody's before are torn."""
    now = [1, 1, 1]
    tears = []
    for was, becomes in pairwise([now, *tears_of]):
        tears.append([Moved(each, [bytes([lead])], sorted({*was})) for lead, each in enumerate(becomes)])
        now = becomes
    past = [(1, event(bytes([lead]))) for lead in range(3)]
    assert [each for each, _ in moved_by(past, tears)] == now
    for each in now:
        assert 1 in ids_before({each}, tears)


def test_ids_count_that_lead_to_the_wanted_ones_by_now() -> None:
    steps = {8: 5, 5: 2, 7: 3, 9: 8}
    assert led_to({2, 3, 5, 7, 8, 9}, {2}, steps) == {2, 5, 8, 9}
    assert led_to({2, 3, 5, 7, 8, 9}, {5, 7}, steps) == {5, 7, 8, 9}
    assert led_to({3}, {7}, steps) == set(), "who had it before has nothing to do with it now"
    assert led_to({1, 4}, {6}, {1: 4, 4: 1}) == set()
