"""Who must wait for what is due, together and apart."""

from fieldfare.flow.dues import Dues


def test_together_everybody_waits_for_the_first_that_is_due() -> None:
    dues = Dues()
    assert not dues.must_wait([1], 100)
    dues.note(1, 50)
    dues.note(2, 70)
    assert not dues.must_wait([1], 50), "what happens at an instant comes before what is due then"
    assert dues.must_wait([1], 51)
    assert dues.must_wait([3], 60)
    assert dues.must_wait([], 60)


def test_apart_only_they_wait_for_whom_it_is_due() -> None:
    dues = Dues([(1, 70), (2, 60)], apart=True)
    dues.note(1, 50)
    dues.note(1, 90)
    assert dues.must_wait([1], 51), "the earliest counts"
    assert not dues.must_wait([1], 50)
    assert not dues.must_wait([2], 60)
    assert dues.must_wait([3, 2], 61), "one of several is enough"
    assert not dues.must_wait([3], 1_000)
    assert not dues.must_wait([], 1_000), "what concerns nobody waits for nobody"


def test_who_waits_holds_back_what_names_the_same_people_or_identifiers() -> None:
    dues = Dues([(1, 50)], apart=True)
    dues.hold([1, b"mail"], 60)
    assert dues.must_wait([b"mail"], 60), "at the same instant too"
    assert not dues.must_wait([b"mail"], 59)
    dues.hold([b"mail", b"phone", 2], 80)
    assert dues.must_wait([2], 80)
    assert dues.must_wait([b"phone"], 90)
    assert dues.must_wait([b"mail"], 60), "what came first holds back"
    assert not dues.must_wait([3, b"other"], 90)


def test_it_is_told_who_has_events_that_are_not_applied() -> None:
    dues = Dues([(1, 50)], apart=True)
    dues.note(2, 40)
    assert dues.unapplied == {}, "a proposal is no event"
    dues.note_event(2, 45)
    dues.note_event(2, 60)
    dues.hold([1], 55)
    assert set(dues.unapplied) == {1, 2}
    assert dues.unapplied[2] == 45
    assert dues.unapplied[1] <= 55


def test_two_who_are_one_person_wait_for_what_is_due_for_either() -> None:
    dues = Dues([(1, 50), (2, 40)], apart=True)
    dues.note_event(1, 70)
    dues.unite(1, 2)
    assert dues.must_wait([1], 41)
    assert dues.must_wait([2], 41)
    assert dues.unapplied == {1: 70, 2: 70}
    dues.unite(3, 4)
    assert not dues.must_wait([3, 4], 1_000)
