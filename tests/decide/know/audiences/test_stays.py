"""Stays of one person, from what was recorded of joining and leaving."""

from fieldfare.know.audiences.stays import Recorded, Stay, stays_of


def change(audience: str, at: int, *, joined: bool, profile_id: int = 1, cause: str = "event") -> Recorded:
    return Recorded(audience, profile_id, joined, at, cause, f"e-{at}", "d")


def stay(audience: str, joined_at: int, left_at: int | None = None, left_by: str | None = None) -> Stay:
    told = {"joined_by": "event", "event_id": f"e-{joined_at}", "definition": "d"}
    return Stay(audience=audience, joined_at=joined_at, left_at=left_at, left_by=left_by, **told)


def test_each_stay_has_its_end_and_the_earliest_comes_first() -> None:
    changes = [
        change("vips", 5, joined=True),
        change("lapsed", 3, joined=True),
        change("lapsed", 7, joined=False, cause="time"),
        change("lapsed", 9, joined=True),
    ]
    assert stays_of(changes) == [stay("lapsed", 3, 7, "time"), stay("vips", 5), stay("lapsed", 9)]


def test_what_a_merge_says_again_begins_nothing() -> None:
    changes = [
        change("lapsed", 1, joined=True),
        change("lapsed", 2, joined=True, profile_id=2),
        change("lapsed", 8, joined=False, profile_id=2, cause="merge"),
        change("lapsed", 1, joined=True, cause="merge"),
    ]
    assert stays_of(changes) == [stay("lapsed", 1), stay("lapsed", 2, 8, "merge")]


def test_a_left_of_nobody_who_was_in_is_no_stay() -> None:
    assert stays_of([change("lapsed", 1, joined=False)]) == []
