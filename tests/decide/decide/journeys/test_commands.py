"""Events of our own: ids that a second run makes again, and the only form in which a profile may be named."""

import msgspec

from fieldfare.decide.journeys.commands import IDENTIFY, as_event, emit, request, set_traits
from fieldfare.decide.journeys.definition import Emit
from tests.decide.decide.journeys.walks import NOON, begin, simple

WALK, _ = begin(simple({"wait": "1 day"}))


def test_ids_name_the_visit() -> None:
    one = emit(WALK, "3", Emit("nudged"), NOON)
    assert one == emit(WALK, "3", Emit("nudged"), NOON)
    again = msgspec.structs.replace(WALK, visits=WALK.visits + 1)
    others = [
        emit(again, "3", Emit("nudged"), NOON),
        emit(WALK, "4", Emit("nudged"), NOON),
        request(WALK, "3", "n", NOON),
    ]
    assert len({one.id, *(each.id for each in others)}) == 4


def test_the_event_names_its_subject_and_counts_the_hops() -> None:
    told = as_event(set_traits(WALK, "1", {"plan": "gold"}, NOON), 7)
    assert (told["type"], told["traits"], "properties" in told) == (IDENTIFY, {"plan": "gold"}, False)
    assert told["context"] == {"fieldfare": {"profile_id": 7, "hop": 1}}
    told = as_event(emit(WALK, "1", Emit("nudged", {"how": "mail"}), NOON), 7)
    assert (told["type"], told["event"], told["properties"]) == ("track", "nudged", {"how": "mail"})
